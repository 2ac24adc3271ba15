"""Check the Markdown: every relative link leads somewhere, every page has its twin.

Exits 1 and prints one line for each thing that is wrong.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines()]


def anchors(page: Path) -> set[str]:
    """The anchors that headings make, as code hosts spell them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def dead_links(page: Path) -> list[str]:
    found = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists():
            found.append(f"{page.relative_to(ROOT)}: no such file: {target}")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
            found.append(f"{page.relative_to(ROOT)}: no such heading: {target}")
    return found


def lone_twins(docs: Path = ROOT / "docs") -> list[str]:
    """What is wrong between the two languages, one line for each page.

    A page in Portuguese has its page in English under the same name, with the same levels of
    headings in the same order. A page in English may stand alone, but for the runbooks.
    """
    english, portuguese = docs / "en", docs / "pt-BR"
    names = {page.relative_to(portuguese) for page in portuguese.rglob("*.md")}
    names |= {page.relative_to(english) for page in (english / "runbooks").rglob("*.md")}
    found = []
    for name in sorted(names):
        pair = [folder / name for folder in (english, portuguese)]
        missing = [page for page in pair if not page.exists()]
        if missing:
            found.append(f"docs/{missing[0].relative_to(docs)}: missing, its twin exists")
        elif levels(pair[0]) != levels(pair[1]):
            found.append(f"docs/*/{name}: the two languages have other headings")
    return found


def levels(page: Path) -> list[str]:
    """The levels of a page's headings, in order; a `#` in a code block is no heading."""
    return HEADING.findall(FENCE.sub("", page.read_text("utf-8")))


def main() -> int:
    checked = pages()
    if not checked:
        print("no Markdown found: is this a checkout?")
        return 1
    problems = [problem for page in checked if page.exists() for problem in dead_links(page)]
    problems += lone_twins()
    print("\n".join(problems) or f"{len(checked)} pages, every link alive")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
