"""flask accounts import FILE, flask assets import FILE: a dry run unless --apply is given."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from portal.commands.exits import carry_out, stop
from portal.models import CodeResult, Import, ImportKind, ImportState, RowResult
from portal.services import imports
from portal.services.imports import attaching, import_rejects, import_run
from portal.services.imports.import_file import WRITINGS
from portal.services.imports.reading import LETTERS, Choices
from portal.services.imports.reading.dates import DateOrder
from portal.services.imports.reading.numbers import NumberStyle

_SIGNS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def add_to(group: AppGroup, kind: ImportKind) -> None:
    @group.command("import", help=f"Reads {kind.value} from a CSV file. Changes nothing, unless --apply is given.")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--apply", "is_applied", is_flag=True, help="Take the rows over; refused while some are faulty.")
    @click.option("--skip-faulty", is_flag=True, help="With --apply: take the good rows, write the others to a file.")
    @click.option("--rejects", type=click.Path(path_type=Path), help="That file; by default one in DATA_DIR/imports.")
    @click.option("--dates", type=click.Choice([order.value for order in DateOrder]), help="How dates are written.")
    @click.option("--numbers", type=click.Choice([style.value for style in NumberStyle]), help="What parts thousands.")
    @click.option("--letters", type=click.Choice(list(LETTERS)), help="The encoding, if it is recognized wrongly.")
    @click.option("--take-line", "accepted", type=int, multiple=True, help="Take this line: remarked, or a code.")
    @click.option("--json", "as_json", is_flag=True, help="Answer JSON.")
    @with_appcontext
    def command(
        file: Path, is_applied: bool, skip_faulty: bool, rejects: Path | None, as_json: bool,
        accepted: tuple[int, ...], **choices: str | None,
    ) -> None:  # fmt: skip
        _check(file, is_applied, skip_faulty, rejects)
        row = imports.begin(file.name, file.stat().st_size, Choices.of(choices))
        try:
            with _interrupted_by_sigterm():
                _run(
                    row, file, kind, is_applied=is_applied, skip_faulty=skip_faulty, rejects=rejects, as_json=as_json,
                    accepted=accepted,
                )  # fmt: skip
        except KeyboardInterrupt:
            is_gone = imports.purge(row.id)
            stop(2, "Stopped. Nothing was changed." if is_gone else "Stopped, but the rows were taken before.")
        finally:
            imports.purge(row.id)


def _check(file: Path, is_applied: bool, skip_faulty: bool, rejects: Path | None) -> None:
    if not file.is_file():
        stop(3, f"There is no file {file}.")
    if skip_faulty and not is_applied:
        stop(2, "--skip-faulty goes with --apply. Without both it is a dry run, which changes nothing.")
    if rejects is not None and not skip_faulty:
        stop(2, "--rejects goes with --apply --skip-faulty.")
    if rejects is not None and rejects.exists():
        stop(2, f"{rejects} is there already, and is not overwritten. Nothing was changed.")
    if rejects is not None and not rejects.absolute().parent.is_dir():
        stop(2, f"There is no folder {rejects.absolute().parent}. Nothing was changed.")


def _run(row: Import, file: Path, kind: ImportKind, *, is_applied, skip_faulty, rejects, as_json, accepted) -> None:
    try:
        imports.read(row, lambda: file.open("rb"), expected=kind)
    except OSError:
        stop(3, f"{file} cannot be read.")
    row = imports.one(row.id)
    if row.state is ImportState.UNREADABLE:
        stop(2, row.problem)
    if is_applied and (skip_faulty or not row.faulty_count):
        carry_out(imports.ask_to_apply, row, skip_faulty=skip_faulty, by=None, accepted=accepted)
        imports.apply(row)
        row = imports.one(row.id)
    written = _write_rejects(row, rejects) if row.state is ImportState.APPLIED and row.faulty_count else None
    (_say_json if as_json else _say)(row, is_applied, written)
    if is_applied and row.state is not ImportState.APPLIED:
        stop(2, row.problem or _refusal(row))


def _refusal(row: Import) -> str:
    rows = "1 row" if row.faulty_count == 1 else f"{row.faulty_count} rows"
    return f"{rows} cannot be taken, so nothing was changed. Mend the file, or add --skip-faulty to take the others."


def _write_rejects(row: Import, rejects: Path | None) -> Path | None:
    import_rejects.tidy_folder(imports.KEPT)
    path = rejects or import_rejects.folder() / import_rejects.name_of(row)
    try:
        import_rejects.write(row, path)
    except OSError as refusal:
        click.echo(
            f"The good rows were taken, but {path} could not be written ({refusal.strerror}). "
            f"The rejects file can be had in the browser for 7 days, under Tools, Imports.",
            err=True,
        )
        return None
    return path


def _say(row: Import, is_applied: bool, written: Path | None) -> None:
    records = "1 record" if row.rows_read == 1 else f"{row.rows_read} records"
    click.echo(f"{row.file_name}: {records}, {WRITINGS[row.encoding]}, separated by {_SIGNS[row.delimiter]}.")
    if row.ignored:
        click.echo(f"These columns are ignored: {', '.join(row.ignored)}.")
    for sentence in imports.told(row):
        click.echo(sentence)
    for line, column, reason in _findings(row, RowResult.FAULTY):
        click.echo(f"line {line}, {column}: {reason}" if column else f"line {line}: {reason}")
    for line, column, reason in _findings(row, RowResult.DIFFERS):
        click.echo(f"line {line} differs and is left alone, {column}: {reason}")
    for line, column, reason in _findings(row, RowResult.REMARKED):
        click.echo(f"line {line} is left out, unless --take-line {line} is given, {column}: {reason}")
    was_applied = row.state is ImportState.APPLIED
    _say_codes(row)
    click.echo(
        f"{row.new_count} new{' and taken' if was_applied and row.new_count else ''}, {row.same_count} already there, "
        f"{row.differs_count} {'differs' if row.differs_count == 1 else 'differ'} (left alone), "
        f"{row.faulty_count} cannot be taken."
        + (f" {row.remarked_count} remarked and left out." if row.remarked_count else "")
    )
    if written:
        click.echo(f"The rows that were not taken, with the reasons: {written}")
    if not is_applied:
        click.echo("This was a dry run: nothing was changed. Add --apply to take the new ones.")


def _say_codes(row: Import) -> None:
    for code in attaching.results(row):
        ends = {
            CodeResult.ATTACHED: "is attached",
            CodeResult.MATCH: f"is left out, unless --take-line {code.line} is given",
        }
        end = ends.get(code.result, "is not attached")
        click.echo(f"line {code.line}, the code for AS-{code.asset_id}, which failed, {end}. {code.told}")


def _say_json(row: Import, is_applied: bool, written: Path | None) -> None:
    """Writes the JSON while the rows are read, because a file may have any number of rows."""
    facts = {
        "kind": row.kind.value,
        "file": row.file_name,
        "encoding": row.encoding,
        "delimiter": row.delimiter,
        "ignored_columns": row.ignored,
        "reading": imports.told(row),
        "is_dry_run": not is_applied,
        "is_applied": row.state is ImportState.APPLIED,
        "records": row.rows_read,
        "new": row.new_count,
        "same": row.same_count,
        "differs": row.differs_count,
        "faulty": row.faulty_count,
        "remarked": row.remarked_count,
        "codes": [
            {
                "line": code.line,
                "asset": f"AS-{code.asset_id}",
                "result": code.result and code.result.value,
                "told": code.told,
            }
            for code in attaching.results(row)
        ],
        "rejects": str(written) if written else None,
    }
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2)[:-2] + ",")
    lists = (("faulty_rows", RowResult.FAULTY, ","), ("remarked_rows", RowResult.REMARKED, ","),
             ("differing_rows", RowResult.DIFFERS, ""))  # fmt: skip
    for name, verdict, end in lists:
        click.echo(f'  "{name}": [', nl=False)
        separator = "\n"
        for line, column, reason in _findings(row, verdict):
            entry = json.dumps({"line": line, "column": column or None, "reason": reason}, ensure_ascii=False)
            click.echo(f"{separator}    {entry}", nl=False)
            separator = ",\n"
        click.echo(f"\n  ]{end}" if separator != "\n" else f"]{end}")
    click.echo("}")


def _findings(row: Import, verdict: RowResult) -> Iterator[tuple[int, str, str]]:
    for staged in import_run.rows_with(row, verdict):
        for column, reason in json.loads(staged.findings or "[]"):
            yield staged.line, column, reason


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Makes SIGTERM raise KeyboardInterrupt, as Ctrl-C does."""
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
