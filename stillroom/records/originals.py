"""What of a prompt's own code has to be as it was, so that a pass of an answer that has it counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """A prompt's classes and functions within an answer's source.

    Attributes:
        names: that have to stand for what the prompt made of them; with none nothing is looked after.
        places: positions, in the body of the module, of statements by which the prompt defines classes, functions and
            the data that these read, does more with them, or says once more what is run once more.
        repeated: positions of statements that say the same once more, word for word, and need not run.
        taken: what these use of modules, by module and name.
        modules: that the source imports in any case.
        asked: the entry point where it is to be a class, whose own comparison is under test then.
        functions: names that the prompt has as functions: no class that an answer makes of one is under test.
        remade: names of classes that the answer makes once more as they are, but for how their objects compare.
        added: by position of a class in the source, names of methods that it has and the prompt's has not.
        as_data: names of attributes, ``str`` and ``repr``, of which the tests hold all results against data of theirs,
            and whether none of that is a number.
        methods: names of methods of the classes, which no object judges by that is none of these.
        classes: those of the names that the prompt has as classes, but for the entry point.
    """

    names: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    asked: str = ""
    functions: tuple[str, ...] = ()
    remade: tuple[str, ...] = ()
    added: tuple[tuple[int, tuple[str, ...]], ...] = ()
    as_data: tuple[tuple[str, bool], ...] = ()
    methods: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


NO_ORIGINALS = Originals()
