import gc
import logging

from portal import create_app, database, memory

memory.give_back_large_blocks()
app = create_app()
if sentence := database.warning(app.config["PORTAL"]):
    logging.getLogger("portal").warning(sentence)
gc.freeze()  # what stands now stands for ever: looking through it again would copy it into each worker
