import gc
import logging

from portal import create_app, database, memory
from portal.models import text_keys

memory.give_back_large_blocks()
app = create_app()
if sentence := database.warning(app.config["PORTAL"]):
    logging.getLogger("portal").warning(sentence)
text_keys.load()  # once for all workers
gc.freeze()  # what stands now stands for ever: looking through it again would copy it into each worker
