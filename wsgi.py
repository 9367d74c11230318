import gc

from portal import create_app, memory

memory.give_back_large_blocks()
app = create_app()
gc.freeze()  # what stands now stands for ever: looking through it again would copy it into each worker
