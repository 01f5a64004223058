"""The command that lists the optimizers."""

from rich.table import Column, Table

from patchwright.experiments.terminal.console import console


def optimizers_command() -> None:
    """List the optimizers that a search can use, and their options."""
    from patchwright.experiments.match.guide import METHODS

    table = Table(Column("name", no_wrap=True))
    for heading in ("description", "categories", "objectives", "options"):
        table.add_column(heading, overflow="fold")
    for name, cls in METHODS.items():
        about = (cls.__doc__ or "").splitlines()[0]
        if (mend := cls.missing()) is not None:
            about = f"{about} {mend}"
        categories = "directly" if cls.supports_categories else "as numbers"
        options = [f"{option} = {default}" for option, default in cls.own_options().items()]
        table.add_row(
            name,
            about,
            categories,
            "several" if cls.multi_objective else "their mean",
            ", ".join(options),
        )
    console.print(table, soft_wrap=False)
