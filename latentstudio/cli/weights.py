"""``weights``: the networks of others that some feature spaces need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from latentstudio.cli.common import sentences

if TYPE_CHECKING:
    from latentstudio.metrics.spaces.download import Received


@click.group(invoke_without_command=True)
@click.pass_context
def weights(context: click.Context) -> None:
    """List the weights of the feature spaces, or fetch one.

    Nothing is downloaded unasked.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@weights.command("list")
def list_() -> None:
    """Say which feature spaces there are, which are ready, and how to get the others."""
    with sentences():
        from latentstudio.metrics.spaces.register import known

        spaces = known()
    width = max(len(space.name) for space in spaces)
    for space in spaces:
        where = f"ready: {space.path}" if space.ready else space.help
        click.echo(f"{space.name:{width}}  {space.title}\n{'':{width}}  {where}")


@weights.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download the weights called NAME, whose bytes are checked, into the user's data folder.

    A download that was cut off goes on where it stopped.
    """
    with sentences():
        from tqdm import tqdm

        from latentstudio.metrics.spaces import weights as store

        with tqdm(unit="B", unit_scale=True, desc=name, disable=None) as bar:

            def told(received: Received) -> None:
                bar.total = received.total
                bar.update(received.done - bar.n)

            path = store.fetch(name, progress=told)
    click.echo(str(path))
