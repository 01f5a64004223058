"""Chains of effects as text.

```
chain   stage ( "|" stage )*
stage   effect [ "?" ]                           one effect; "?" lets the search leave it out
        "{" effect ( "," effect )* "}"           any of these, in any order
        "(" chain ( "+" chain )+ ")"             side by side, with a level each
        "(" chain ( "/" chain )+ ")"             for bands of frequency, from the lowest
        "dry"                                    nothing, as a branch beside others
effect  NAME                                     an effect of the table
        FORMAT ":" NAME                          a plugin, as in lv2:Delay or vst3:"Dragonfly Hall"
        "convolution:" FILE                      an impulse response, as in convolution:"hall.wav"
```
"""

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from patchwright.synths.effects.chain import AnyOrder, Bands, Chain, Parallel, Slot, Stage
from patchwright.synths.effects.effect import Effect
from patchwright.synths.effects.plugin import PluginEffect
from patchwright.synths.effects.table import EFFECTS, convolution_with
from patchwright.synths.errors import SynthError, did_you_mean
from patchwright.synths.parameters import ParameterSpace
from patchwright.synths.plugins.hosts.derive import slug

_TOKEN = re.compile(r'\s*([a-z0-9]+:(?:"[^"]+"|[\w.-]+)|[a-z0-9_]+|[|?{},()+/])')
_MOST = 1000  # characters
_DEEPEST = 20  # levels of parentheses
_DRY = "dry"
_CONVOLUTION = "convolution"
_EXAMPLE = "write it as in 'delay | reverb', '{chorus, delay}' or '(dry + reverb)'"


def parse_chain(text: str, taken: Collection[str] = ()) -> Chain:
    """Read a chain.

    Args:
        text: Chain as text.
        taken: Names of an instrument's parameters. An effect is numbered from 2 where a name that
            begins like its own is taken, by them or by an earlier effect of the chain.

    Raises:
        SynthError: If an effect is unknown, or the text is not a chain.

    Examples:
        >>> chain = parse_chain("distortion?|{delay,reverb}|delay")
        >>> str(chain)
        'distortion? | {delay, reverb} | delay'
        >>> [parameter.name for parameter in chain.parameters][-3:]
        ['delay2_time', 'delay2_feedback', 'delay2_mix']
    """
    return _Parser(text, taken).parse()


def effects_of(space: ParameterSpace, chain: str) -> tuple[str, ...]:
    """Return the names of the effects' parameters, which are the last of a space.

    Args:
        space: Space of an instrument with effects, or of effects alone.
        chain: Chain as text.
    """
    count = len(parse_chain(chain).parameters)
    return space.names[len(space) - count :]


class _Parser:
    """Parser by recursive descent."""

    def __init__(self, text: str, taken: Collection[str]) -> None:
        self._text = text.strip()
        self._tokens = self._split()
        self._place = 0
        self._starts = {
            "_".join(words[:count])
            for words in (name.split("_") for name in taken)
            for count in range(1, len(words) + 1)
        }
        self._used: Counter[str] = Counter()
        self._depth = 0

    def parse(self) -> Chain:
        chain = self._chain()
        if self._next is not None:
            raise self._wrong(f"{self._next!r} does not fit there")
        if not chain.stages:
            raise self._wrong("it has no effect")
        return chain

    def _split(self) -> list[str]:
        tokens, place = [], 0
        if len(self._text) > _MOST:
            raise SynthError(f"The chain has {len(self._text)} characters: give up to {_MOST}.")
        while place < len(self._text):
            match = _TOKEN.match(self._text, place)
            if match is None:
                raise self._wrong(f"{self._text[place:].strip()[:1]!r} has no meaning in it")
            tokens.append(match[1])
            place = match.end()
        return tokens

    def _wrong(self, fault: str) -> SynthError:
        return SynthError(f"The chain {self._text[:80]!r} is wrong ({fault}): {_EXAMPLE}.")

    @property
    def _next(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, token: str) -> bool:
        found = self._next == token
        self._place += found
        return found

    def _chain(self) -> Chain:
        if self._take(_DRY):
            return Chain()
        stages = [self._stage()]
        while self._take("|"):
            stages.append(self._stage())
        return Chain(tuple(stages))

    def _stage(self) -> Stage:
        if self._take("{"):
            slots = [self._slot(keyed=True)]
            while self._take(","):
                slots.append(self._slot(keyed=True))
            self._close("}")
            return AnyOrder.of(slots)
        if self._take("("):
            return self._group()
        return self._slot()

    def _group(self) -> Stage:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong(f"parentheses are more than {_DEEPEST} deep")
        branches = [self._chain()]
        sign = self._next
        if sign not in ("+", "/"):
            raise self._wrong("parentheses hold chains between + or /")
        while self._take(sign):
            branches.append(self._chain())
        self._close(")")
        self._depth -= 1
        if sign == "+":
            return Parallel(self._numbered("parallel"), tuple(branches))
        return Bands(self._numbered("bands"), tuple(branches))

    def _slot(self, *, keyed: bool = False) -> Slot:
        effect = self._effect()
        optional = keyed or self._take("?")
        start = slug(Path(effect.name.partition(":")[2]).stem or effect.name)
        return Slot(self._numbered(start), effect, optional=optional, keyed=keyed)

    def _effect(self) -> Effect | PluginEffect:
        name = self._next
        if name is None or not name[0].isalnum():
            raise self._wrong(f"an effect is missing before {name!r}" if name else "it breaks off")
        if ":" in name:
            self._place += 1
            prefix, _, rest = name.replace('"', "").partition(":")
            return (
                convolution_with(rest)
                if prefix == _CONVOLUTION
                else PluginEffect(f"{prefix}:{rest}")
            )
        if name not in EFFECTS:
            raise SynthError(f"There is no effect {name!r}: {did_you_mean(name, EFFECTS)}")
        self._place += 1
        return EFFECTS[name]

    def _close(self, bracket: str) -> None:
        if not self._take(bracket):
            raise self._wrong(f"{bracket!r} is missing")

    def _numbered(self, name: str) -> str:
        """Return a name that nothing else begins with: the second is numbered 2."""
        number = self._used[name] = self._used[name] + 1
        wanted = name if number == 1 else f"{name}{number}"
        return self._numbered(name) if wanted in self._starts else wanted
