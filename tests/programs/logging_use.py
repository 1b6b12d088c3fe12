# logging with handlers, levels and exceptions.
import io, logging
stream = io.StringIO()
handler = logging.StreamHandler(stream)
handler.setFormatter(logging.Formatter("%(levelname)-8s %(name)s %(funcName)s: %(message)s"))
log = logging.getLogger("app.db")
log.setLevel(logging.DEBUG)
log.addHandler(handler)
log.propagate = False
def query(sql):
    log.debug("running %s with %d args", sql, 2)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("failed")
query("SELECT 1")
log.warning("careful %(who)s", {"who": "you"})
child = logging.getLogger("app.db.pool")
child.info("from child")
text = stream.getvalue()
print([line for line in text.splitlines() if not line.startswith("  ")])
print(logging.getLevelName(30), log.isEnabledFor(5), child.getEffectiveLevel(), log)
