"""Keeps the assets that match now, with their versions, for an act on all of them that runs later."""

from sqlalchemy import Select, delete, func, insert, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.extensions import db
from portal.models import Asset


def freeze(rows: Select, parent: InstrumentedAttribute, parent_id: int, *, waiting: object, most: int) -> tuple:
    """Inside a transaction. Writes one item for each asset of `rows`, in their order, by the database alone. `parent`
    is the item's column with the id of what it belongs to. Returns how many there are, at most `most`, and whether
    there were more."""
    item = parent.class_
    kept = rows.limit(most + 1).with_only_columns(
        literal(parent_id), Asset.id, Asset.version, literal(waiting, item.state.type)
    )
    names = [parent.key, "asset_id", "version", "state"]
    db.session.execute(insert(item).from_select(names, kept))
    count = db.session.scalar(select(func.count()).where(parent == parent_id))
    if count <= most:
        return count, False
    last = select(func.max(item.id)).where(parent == parent_id).scalar_subquery()
    db.session.execute(delete(item).where(item.id == last), execution_options={"synchronize_session": False})
    return most, True
