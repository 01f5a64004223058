"""The tables: a row a run, and a row a run and score."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the tables share: numbers keep all their bits, mappings are JSON."""

    type_annotation_map = {float: Double, dict[str, Any]: JSON}  # noqa: RUF012 - of SQLAlchemy


class Run(Base):
    """A finished run.

    Attributes:
        id: Of the row.
        key: What the run depends on, hashed; see `patchwright.experiments.database.runs.run_key`.
        experiment: Hash of its config before the run; see `config.identity.config_sha256`.
        folder: Where its sounds lie.
        target: Name of the sound that was matched.
        target_sha256: Of its file, or of the sound of a preset.
        synth: That matched it.
        lock: Which of the synth's parameters could not move: ``lock`` and ``free`` of its config.
        free: How many parameters could.
        method: Name of the optimizer.
        options: Of the optimizer.
        seed: Of every random choice.
        renders: How many there were.
        generations: How many there were.
        seconds: Of wall time.
        match: See the README.
        verified: Whether the answer, rendered again, had the same bits.
        statuses: How many renders had which status.
        versions: That the bits depend on.
        config: The whole experiment.
        scores: The run's rows of the other table.
    """

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    experiment: Mapped[str | None] = mapped_column(String(64), index=True)
    folder: Mapped[str]
    target: Mapped[str] = mapped_column(index=True)
    target_sha256: Mapped[str] = mapped_column(String(64))
    synth: Mapped[str]
    lock: Mapped[dict[str, Any]]
    free: Mapped[int]
    method: Mapped[str]
    options: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(BigInteger)
    renders: Mapped[int]
    generations: Mapped[int]
    seconds: Mapped[float]
    match: Mapped[float]
    verified: Mapped[bool]
    statuses: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, Any]]
    config: Mapped[dict[str, Any]]
    scores: Mapped[list["Score"]] = relationship(order_by="Score.name", lazy="selectin")


class Score(Base):
    """What one distance, or one error of the parameters, says of a run's answer.

    Attributes:
        run_id: Of the run.
        name: Of the distance.
        role: ``optimised``, ``metric`` or, where the target was a preset, ``parameters``.
        value: Of the answer.
        random_median: Of random presets.
        closer_than: The share of random presets that the answer is closer than.
        noise_floor: Between two renders of the answer.
    """

    __tablename__ = "scores"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    value: Mapped[float]
    random_median: Mapped[float | None]
    closer_than: Mapped[float | None]
    noise_floor: Mapped[float | None]
