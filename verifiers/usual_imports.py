"""Names that programs get by an import: where one is undefined, the import is what is missing."""

import sys

from verifiers.sandbox.inside.known_names import HOMES

_USUAL_IMPORTS = """
    np numpy pd pandas plt scipy sympy nx torch List Dict Set Tuple Optional Union Any Callable Iterable Iterator
    Sequence Mapping Generator Deque DefaultDict Counter defaultdict deque OrderedDict namedtuple ChainMap reduce
    partial lru_cache cache cmp_to_key wraps total_ordering permutations combinations product accumulate chain
    groupby zip_longest islice cycle repeat combinations_with_replacement pairwise starmap takewhile dropwhile
    sqrt floor ceil gcd lcm factorial comb perm log log2 log10 isqrt prod inf pi heappush heappop heapify
    nlargest nsmallest bisect_left bisect_right insort deepcopy dataclass field Enum Decimal Fraction mean
    median datetime timedelta date ascii_lowercase ascii_uppercase ascii_letters digits punctuation itemgetter
    attrgetter randint md5 sha256 ABC abstractmethod TypeVar Generic pytest unittest
"""
IMPORTED_NAMES = frozenset((*sys.stdlib_module_names, *_USUAL_IMPORTS.split(), *HOMES))
