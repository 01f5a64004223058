"""The tables: one row per run, and one row per run and score."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Base of the tables: numbers keep all their bits, mappings are JSON."""

    type_annotation_map = {float: Double, dict[str, Any]: JSON}  # noqa: RUF012 - of SQLAlchemy


class Run(Base):
    """A finished run.

    Attributes:
        id: Number of the row.
        key: Hash of what the run depends on; see `runs.run_key`.
        experiment: Hash of its config before the run; see `config.identity.config_sha256`.
        folder: Folder of the run, with its sounds.
        target: Name of the sound that was matched.
        target_sha256: Hash of its file, or of the rendered preset.
        synth: Name of the synth.
        lock: Locked parameters: ``lock`` and ``free`` of the synth's config.
        free: Number of free parameters.
        method: Name of the optimizer.
        options: Options of the optimizer.
        seed: Seed of every random choice.
        renders: Number of presets rendered.
        generations: Number of generations.
        seconds: Wall time of the search in seconds.
        match: Match, 0 to 1; see the README.
        verified: Whether the answer, rendered again, had the same scores.
        statuses: Number of renders by status.
        versions: Versions that the bits depend on.
        config: Config of the experiment.
        scores: Scores of the answer.
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
    """One score, or one other number, of a run's answer.

    Attributes:
        run_id: Row of the run.
        name: Name of the distance or number.
        role: ``optimised``, ``metric`` or ``number`` (a field of `records.summary.Numbers`).
        value: Value of the answer.
        random_median: Median of random presets.
        closer_than: Share of random presets that are farther than the answer.
        noise_floor: Distance between two renders of the answer.
    """

    __tablename__ = "scores"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    value: Mapped[float]
    random_median: Mapped[float | None]
    closer_than: Mapped[float | None]
    noise_floor: Mapped[float | None]
