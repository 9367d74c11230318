from portal import memory

memory.give_back_large_blocks()
with memory.shared():
    from portal import create_app

    app = create_app()
