"""Training samples: a document as it is, a document with a hole, and small made-up tasks that only the suffix or another block answers.

A sample is a list of pieces, (text or marker, weight in the loss); `Encoder` makes tokens of it. Everything comes from a `random.Random`.
"""

import random
import re

import bpe
from tokenizers import Tokenizer

END, PREFIX, MIDDLE, SUFFIX, _, REPOSITORY, FILE = bpe.SPECIAL
LONGEST = 512
CONTEXT, HOLE = 1.0, 2.0  # weights in the loss: the hole is what the model is for
RULES = 0.15  # of made-up text: its names are drawn by lot, so there is little to learn from it


class Encoder:
    """Text to tokens; a marker that stands in a source is ordinary text."""

    def __init__(self, path):
        import json

        state = json.load(open(path))
        self.markers = {t["content"]: t["id"] for t in state["added_tokens"]}
        state["added_tokens"] = []
        self.tokenizer = Tokenizer.from_str(json.dumps(state))

    def text(self, text):
        return self.tokenizer.encode(text).ids

    def sample(self, pieces):
        ids, weights = [], []
        for piece, weight in pieces:
            new = [self.markers[piece]] if piece in self.markers else self.text(piece)
            ids += new
            weights += [weight] * len(new)
        return ids, weights

    def decode(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=False)


def hole(prefix, middle, suffix, rng, weight=CONTEXT, form=None):
    """The pieces of one hole. PSM in one half, in a third of which the middle begins earlier; SPM in the other."""
    form = form or rng.choice(("psm", "psm", "early", "spm", "spm", "spm"))
    if form == "spm":
        return [(PREFIX, weight), (SUFFIX, weight), (suffix, weight), (MIDDLE, weight), (prefix, weight), (middle, HOLE), (END, HOLE)]
    begun = ""
    if form == "early" and prefix:
        cut = max(0, len(prefix) - rng.randint(1, 120))
        if rng.random() < 0.5:
            cut = prefix.rfind("\n", 0, len(prefix)) + 1
        prefix, begun = prefix[:cut], prefix[cut:]
    return [
        (PREFIX, weight), (prefix, weight), (SUFFIX, weight), (suffix, weight), (MIDDLE, weight), (begun, weight), (middle, HOLE), (END, HOLE),
    ]  # fmt: skip


def window(rng, text, characters):
    """A stretch of whole lines."""
    size = rng.randint(characters // 5, characters)
    start = rng.randrange(max(1, len(text) - size // 2))
    start = text.rfind("\n", 0, start) + 1
    return text[start : start + size]


def line_end(rng, text):
    """Where a hole at the end of a line can begin and end: behind some of the line, before some of it."""
    for _ in range(20):
        at = rng.randrange(1, max(2, len(text) - 1))
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        if end > at and text[start:at].strip() and text[at:end].strip():
            return at, end
    return None


def span(rng, text):
    kind = rng.random()
    if kind < 0.55:
        return line_end(rng, text)
    at = rng.randrange(1, max(2, len(text) - 1))
    if kind < 0.85:  # one to three whole lines, without the first one's indentation
        start = text.rfind("\n", 0, at) + 1
        start += len(text[start:]) - len(text[start:].lstrip(" \t"))
        end = start
        for _ in range(rng.choice((1, 1, 2, 3))):
            end = text.find("\n", end + 1)
            if end < 0:
                return None
        return (start, end) if end - start <= 240 else None
    end = min(len(text), at + rng.randint(1, 60))
    newline = text.find("\n", at, end)
    return at, newline if newline > at else end


def repository_header(rng, repository, path, text, mine):
    """What stands before the hole: another file's stretch that shares a name with this one, as Qwen's repository form writes it."""
    return [
        (REPOSITORY, CONTEXT), (repository + "\n", CONTEXT), (FILE, CONTEXT), (path + "\n" + text.rstrip("\n") + "\n", CONTEXT),
        (FILE, CONTEXT), (mine + "\n", CONTEXT),
    ]  # fmt: skip


class Documents:
    """Samples from real files."""

    def __init__(self, files):
        self.files = files
        self.by_repository = {}
        for f in files:
            self.by_repository.setdefault(f[0], []).append(f)
        self.repositories = list(self.by_repository)

    def pick(self, rng):
        return rng.choice(self.by_repository[rng.choice(self.repositories)])

    def left_to_right(self, rng, characters):
        _, _, text = self.pick(rng)
        text = window(rng, text, characters)
        return [(text, CONTEXT)] + ([(END, CONTEXT)] if rng.random() < 0.1 else [])

    def holed(self, rng, characters):
        repository, path, text = self.pick(rng)
        # mostly short stretches: more holes in the same time
        text = window(rng, text, characters if rng.random() < 0.3 else characters // 3)
        found = span(rng, text)
        if not found:
            return None
        start, end = found
        prefix, middle, suffix = text[:start], text[start:end], text[end:]
        if rng.random() < 0.15:
            header = self.definition(rng, repository, path, middle)
            if header:
                return header + hole(prefix[-characters // 3 :], middle, suffix[: characters // 3], rng)
        if rng.random() < 0.1:
            suffix = ""
        return hole(prefix, middle, suffix, rng)

    def definition(self, rng, repository, path, middle):
        """A header with lines of another file in which a name of the hole stands."""
        names = [n for n in re.findall(r"[A-Za-z_]\w{5,}", middle)]
        if not names:
            return None
        name = rng.choice(names)
        for _, other, text in rng.sample(self.by_repository[repository], min(12, len(self.by_repository[repository]))):
            at = text.find(name)
            if other != path and at >= 0:
                start = text.rfind("\n", 0, at) + 1
                return repository_header(rng, repository, other, text[start : start + rng.randint(80, 400)], path)
        return None


WORDS = """account action address alarm amount anchor angle area archive arrow asset author badge balance banner barrel basket batch beacon bench
bill block board body bond border bottle branch bridge bucket buffer bundle button cabin cache camera canvas card cargo carrier cart cell chain
channel chart child circle client clock cloud cluster code coin color column comet cookie copper corner count crate credit cursor curve cycle date
deck delta depth device diff digest disk doc domain door draft driver edge effect ember engine entry epoch error event expense extent fabric factor
feed field figure file filter flag flame floor folder form frame fruit garden gate gear glyph grain grant graph grid group guard guest handle harbor
hash header height hero hint history hook host hour icon image index input invoice island item jacket job journal key kind label lamp lane layer leaf
ledger length level lever limit line link list loan lock log loop magnet mail map margin marker mask match meadow member memo menu merge meter mirror
mode model module moment motor name nest network node note number object offer offset option orbit order origin owner packet page paint pair panel
parcel parent part patch path peak pearl people period phase pilot pipe pixel place plan planet plate player plugin pocket point pool port post power
price prism process profile prompt proof queue quota radius range rate ratio reader record region relay remote report request result rider river road
robot rocket role room root rope route row rule sail sample scale scene scope score screen seat segment sensor series server session shadow shape
shelf shift signal size sketch slice slot socket source space spark speed stack stage start state station step stock store stream street string
style sum supply switch symbol table tag target task team temple text theme thread ticket tile timer title token tool total tower track trade trail
tree trunk tunnel unit user valley value vector vessel view volume wagon wallet watch water weight wheel width window wing wire word worker yard zone""".split()
VERBS = """add apply build call check clear close collect compute copy count create decode delete draw encode fetch find format get handle join
load lock make map merge move open parse patch pick print push read remove render reset resolve run save scan send set show sort split start stop
store swap take test trim unlock update wait watch write""".split()


class Tasks:
    """Made-up programs with a hole that has one answer. Names are drawn by lot: nothing but the text around says them."""

    def __init__(self, rng):
        self.rng = rng
        self.kinds = [self.closes, self.later_use, self.call, self.field, self.copies, self.constant, self.method]

    def noun(self):
        return self.rng.choice(WORDS) if self.rng.random() < 0.5 else self.rng.choice(WORDS) + "_" + self.rng.choice(WORDS)

    def verb(self):
        return self.rng.choice(VERBS) + "_" + self.rng.choice(WORDS)

    def type(self):
        return self.rng.choice(WORDS).capitalize() + self.rng.choice(("", self.rng.choice(WORDS).capitalize()))

    def nouns(self, n):
        out = []
        while len(out) < n:
            it = self.noun() if self.rng.random() < 0.8 else self.rng.choice("abcdefghijkmnpqrstuvwxyz")
            if it not in out:
                out.append(it)
        return out

    def filler(self):
        """Lines around that have nothing to do with the answer."""
        r, lang = self.rng, self.lang
        lines = []
        for _ in range(r.choice((0, 0, 0, 1, 2, 3))):
            a, b = self.nouns(2)
            lines.append({"py": f"{a} = {b}\n", "rs": f"const {a.upper()}: u32 = {r.randint(0, 99)};\n", "ts": f"const {a} = {b};\n", "go": f"var {a} = {b}\n"}[lang])
        return "".join(lines)

    def sample(self, form=None, kind=None):
        self.lang = self.rng.choice(("py", "rs", "ts", "go"))
        prefix, middle, suffix, header = (kind or self.rng.choice(self.kinds))()
        prefix = self.filler() + prefix
        suffix += self.filler()
        pieces = [(t, RULES) for t, _ in header]
        if header and self.rng.random() < 0.25:  # blocks without a repository's name
            pieces = pieces[2:]
        # the cursor stands where somebody is typing: sometimes some of the answer is there already
        cut = self.rng.randrange(len(middle)) if self.rng.random() < 0.15 else 0
        return pieces + hole(prefix + middle[:cut], middle[cut:], suffix, self.rng, RULES, form)

    def function(self, name, params):
        return {
            "py": f"def {name}({', '.join(params)}):\n",
            "rs": f"fn {name}({', '.join(p + ': u32' for p in params)}) -> u32 {{\n",
            "ts": f"function {name}({', '.join(p + ': number' for p in params)}): number {{\n",
            "go": f"func {name}({', '.join(p + ' int' for p in params)}) int {{\n",
        }[self.lang]

    def end(self):
        return {"py": "\n", "rs": "\n}\n", "ts": ";\n}\n", "go": "\n}\n"}[self.lang]

    def header(self, path, text):
        a, b = self.nouns(2)
        e = "." + self.lang
        return [(REPOSITORY, 0), (a + "\n", 0), (FILE, 0), (path + e + "\n" + text, 0), (FILE, 0), (b + e + "\n", 0)]

    # each gives (prefix, middle, suffix, header)

    def closes(self):
        """`return a + ` is closed with the other parameter."""
        a, b = self.nouns(2)
        op = self.rng.choice("+-*/") if self.rng.random() < 0.7 else "+"
        ret = "" if self.lang == "rs" and self.rng.random() < 0.6 else "return "
        first, other = (a, b) if self.rng.random() < 0.8 else (b, a)
        prefix = self.function(self.verb() if self.rng.random() < 0.7 else "add", (a, b)) + f"    {ret}{first} {op} "
        return prefix, other, self.end(), []

    def later_use(self):
        """A variable is named as the lines behind the hole use it."""
        a, b = self.nouns(2)
        f, g = self.verb(), self.rng.choice(("print", "send", "log", self.verb()))
        let = {"py": "", "rs": "let ", "ts": "const ", "go": ""}[self.lang]
        eq = " := " if self.lang == "go" else " = "
        stop = ";" if self.lang in ("rs", "ts") else ""
        use = self.rng.choice((f"{g}({a}){stop}\n", f"{g}({a}, {b}){stop}\n", f"return {a}{stop}\n", f"{b}{eq}{a}{stop}\n"))
        head = self.function(self.verb(), [b])
        if self.rng.random() < 0.5:
            return head + f"    {let}", a, f"{eq}{f}(){stop}\n    {use}", []
        return head + f"    {let}", f"{a}{eq}{f}({b}){stop}", f"\n    {use}", []

    def call(self):
        """The arguments of a call, from the definition in another block or above."""
        params = self.nouns(self.rng.choice((1, 2, 2, 3)))
        name = self.verb()
        definition = self.function(name, params) + f"    return {params[0]}" + self.end()
        stop = {"py": "", "rs": ";", "ts": ";", "go": ""}[self.lang]
        let = {"py": "", "rs": "let ", "ts": "const ", "go": ""}[self.lang]
        target = self.noun()
        eq = " := " if self.lang == "go" else " = "
        line = f"{let}{target}{eq}"
        if self.rng.random() < 0.5:  # the name too, when only the block can say it
            prefix, middle = line + name[: self.rng.randint(2, len(name) - 1)], None
            middle = (line + name + "(" + ", ".join(params) + ")" + stop)[len(prefix) :]
        else:
            prefix, middle = line + name + "(", ", ".join(params) + ")" + stop
        if self.rng.random() < 0.6:
            return prefix, middle, "\n", self.header(self.noun(), definition)
        return definition + "\n" + prefix, middle, "\n", []

    def field(self):
        """A field that a block's structure has."""
        kind, fields = self.type(), self.nouns(3)
        body = {
            "py": f"class {kind}:\n" + "".join(f"    {f}: int\n" for f in fields),
            "rs": f"struct {kind} {{\n" + "".join(f"    {f}: u32,\n" for f in fields) + "}\n",
            "ts": f"interface {kind} {{\n" + "".join(f"  {f}: number;\n" for f in fields) + "}\n",
            "go": f"type {kind} struct {{\n" + "".join(f"\t{f} int\n" for f in fields) + "}\n",
        }[self.lang]
        it = kind.lower()
        prefix = f"print({it}.{fields[0]}, {it}.{fields[1]}, {it}."
        if self.rng.random() < 0.5:
            return prefix, fields[2], ")\n", self.header(self.noun(), body)
        return body + "\n" + prefix, fields[2], ")\n", []

    def copies(self):
        """The next of a list whose order stands above."""
        names = self.nouns(self.rng.choice((3, 4)))
        k = self.rng.randrange(1, len(names))
        stop = {"py": "", "rs": ";", "ts": ";", "go": ""}[self.lang]
        f, g = self.verb(), self.verb()
        prefix = "".join(f"{f}({n}){stop}\n" for n in names) + "".join(f"{g}({n}){stop}\n" for n in names[:k]) + f"{g}("
        return prefix, f"{names[k]}){stop}", "".join(f"\n{g}({n}){stop}" for n in names[k + 1 :]) + "\n", []

    def constant(self):
        """What the tests behind the hole expect."""
        name, value = self.verb(), str(self.rng.randint(2, 999)) if self.rng.random() < 0.5 else f'"{self.noun()}"'
        ret = "" if self.lang == "rs" else "return "
        check = {"py": f"assert {name}() == {value}\n", "rs": f"assert_eq!({name}(), {value});\n", "ts": f"expect({name}()).toBe({value});\n", "go": f"equal({name}(), {value})\n"}[self.lang]
        return self.function(name, []) + f"    {ret}", value, self.end() + "\n" + check, []

    def method(self):
        """A name that the suffix asks for: the function that is called below is the one to define."""
        a = self.verb()
        params = self.nouns(self.rng.choice((1, 2)))
        head = {"py": "def ", "rs": "fn ", "ts": "function ", "go": "func "}[self.lang]
        whole = self.function(a, params)
        stop = {"py": "", "rs": ";", "ts": ";", "go": ""}[self.lang]
        body = f"\n    return {params[-1]}" + self.end()
        call = f"\n{self.noun()} = {a}({', '.join(params)}){stop}\n"
        return head, whole[len(head) :].rstrip("\n"), body + call, []


class Mixture:
    """Samples by lot: made-up tasks, whole documents, documents with a hole."""

    def __init__(self, files, encoder, seed, tasks=0.45, holes=0.5):
        self.rng = random.Random(seed)
        self.documents, self.tasks = Documents(files), Tasks(self.rng)
        self.encoder, self.share, self.holes = encoder, tasks, holes

    def sample(self, longest):
        while True:
            if self.rng.random() < self.share:
                pieces = self.tasks.sample()
            elif self.rng.random() < self.holes:
                pieces = self.documents.holed(self.rng, longest * 5 // 2)
            else:
                pieces = self.documents.left_to_right(self.rng, longest * 3)
            if pieces:
                ids, weights = self.encoder.sample(pieces)
                if 8 <= len(ids) <= longest:
                    return ids, weights
