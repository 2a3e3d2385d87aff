"""Which models have spoken in this database, and what each may say."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from .records import ModelFacts, TagFacts
from .tables import model, model_tag, tag


def register(connection: sa.Connection, facts: ModelFacts) -> int:
    """Make sure that the model and its tags have rows; return the model's id."""
    known = connection.execute(
        sa.select(model.c.id, model.c.backbone).where(model.c.digest == facts.digest)
    ).one_or_none()
    if known is not None:
        if not known.backbone:
            _complete(connection, known.id, facts)
        return int(known.id)
    ids = dict(connection.execute(sa.select(tag.c.name, tag.c.id)).all())
    for entry in facts.tags:
        if entry.tag not in ids:
            row = {"name": entry.tag, "slug": entry.slug, "tag_group": entry.group}
            ids[entry.tag] = connection.execute(
                sa.insert(tag).values(row).returning(tag.c.id)
            ).scalar_one()
    model_id: int = connection.execute(
        sa.insert(model)
        .values(
            digest=facts.digest,
            name=facts.name,
            version=facts.version,
            backbone=facts.backbone,
        )
        .returning(model.c.id)
    ).scalar_one()
    connection.execute(
        sa.insert(model_tag),
        [
            {
                "model_id": model_id,
                "ordinal": ordinal,
                "tag_id": ids[entry.tag],
                "status": entry.status,
                "threshold": entry.threshold,
                "expert": entry.expert,
                "recalls": json.dumps(entry.recalls),
            }
            for ordinal, entry in enumerate(facts.tags)
        ],
    )
    return model_id


def _complete(connection: sa.Connection, model_id: int, facts: ModelFacts) -> None:
    """Add what was not kept yet when the model was registered; its card is the same."""
    statement = sa.update(model).where(model.c.id == model_id)
    connection.execute(statement.values(backbone=facts.backbone))
    for ordinal, entry in enumerate(facts.tags):
        place = (model_tag.c.model_id == model_id, model_tag.c.ordinal == ordinal)
        connection.execute(sa.update(model_tag).where(*place).values(expert=entry.expert))


def read(connection: sa.Connection, model_id: int) -> ModelFacts:
    """Read a registered model back, tags in the order of its vectors."""
    row = connection.execute(sa.select(model).where(model.c.id == model_id)).one()
    tags = connection.execute(
        sa.select(
            tag.c.name,
            tag.c.slug,
            tag.c.tag_group,
            model_tag.c.status,
            model_tag.c.threshold,
            model_tag.c.expert,
            model_tag.c.recalls,
        )
        .join(model_tag, model_tag.c.tag_id == tag.c.id)
        .where(model_tag.c.model_id == model_id)
        .order_by(model_tag.c.ordinal)
    )
    return ModelFacts(
        row.digest,
        row.name,
        row.version,
        tuple(TagFacts(*values[:-1], recalls=_pairs(values.recalls)) for values in tags),
        row.backbone,
    )


def _pairs(text: str) -> tuple[tuple[float, float], ...]:
    return tuple((recall, threshold) for recall, threshold in json.loads(text))


def tag_ids(connection: sa.Connection, model_id: int) -> tuple[int, ...]:
    """Return the ids of a model's tags in the order of its vectors."""
    query = (
        sa.select(model_tag.c.tag_id)
        .where(model_tag.c.model_id == model_id)
        .order_by(model_tag.c.ordinal)
    )
    return tuple(connection.scalars(query))


# A tag's name, its place in a model's vectors, and its threshold.
Column = tuple[str, int, float]


def columns_of(
    connection: sa.Connection, model_ids: Iterable[int], names: Iterable[str]
) -> Mapping[int, Sequence[Column]]:
    """Say of each model where those of the named tags stand that it reports."""
    columns: defaultdict[int, list[Column]] = defaultdict(list)
    wanted = (
        sa.select(model_tag.c.model_id, tag.c.name, model_tag.c.ordinal, model_tag.c.threshold)
        .join(tag, tag.c.id == model_tag.c.tag_id)
        .where(
            model_tag.c.model_id.in_(list(model_ids)),
            model_tag.c.threshold.is_not(None),
            tag.c.name.in_(list(names)),
        )
    )
    for row in connection.execute(wanted):
        columns[row.model_id].append((row.name, row.ordinal, row.threshold))
    return columns


def listed(connection: sa.Connection) -> tuple[ModelFacts, ...]:
    """Read every model that has spoken in this database."""
    ids = connection.scalars(sa.select(model.c.id).order_by(model.c.id)).all()
    return tuple(read(connection, model_id) for model_id in ids)


def newest(connection: sa.Connection) -> int:
    """Return the number of the model that was registered last, 0 if there is none."""
    number: int | None = connection.scalar(sa.select(sa.func.max(model.c.id)))
    return number or 0
