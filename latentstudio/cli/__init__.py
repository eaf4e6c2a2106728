"""The command line: all that the window does, without a window.

Nothing heavy is imported before it is needed: ``info`` answers without torch, and ``--help``
without anything but click.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from latentstudio import __version__
from latentstudio.cli.convert import convert
from latentstudio.cli.info import info
from latentstudio.cli.inspect import inspect
from latentstudio.cli.measure import measure
from latentstudio.cli.render import render
from latentstudio.cli.weights import weights
from latentstudio.cli.window import open_, screenshot


def main(args: Sequence[str] | None = None) -> None:
    """Run the program; what is wrong is one line on standard error, and exit code 1 or 2."""
    try:
        words = list(sys.argv[1:] if args is None else args)
        code = studio.main(words, prog_name="latentstudio", standalone_mode=False, obj=words)
    except click.ClickException as error:
        click.echo(f"latentstudio: {error.format_message()}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("latentstudio: interrupted; what was finished is saved", err=True)
        code = 130
    sys.exit(code)


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="latentstudio")
@click.pass_context
def studio(context: click.Context) -> Any:
    """Take hold of a trained generator and move through its latent space by hand.

    Without a command, the window opens.
    """
    return context.invoke(open_) if context.invoked_subcommand is None else None


for command in (open_, screenshot, info, render, measure, inspect, weights, convert):
    studio.add_command(command)
