"""What tests take of pytest and unittest means what it means there, or nothing is said of the solution."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

RAISES = "def f(x): raise ValueError('no such x')"
TWICE = "def f(x): return 2 * x"
WRONG = "def f(x): return 3 * x"
FLOATS = "def f(x): return 0.1 + 0.2"
DEFAULT = "from collections import defaultdict\ndef f(x): return defaultdict(float, {'a': 0.1 + 0.2})"

PASSES = [
    pytest.param(RAISES, "def test_f():\n with pytest.raises(ValueError) as info: f(1)\n assert info.match('such') and info.typename == 'ValueError'", id="match"),
    pytest.param(TWICE, "@pytest.mark.skip(reason='later')\ndef test_a(): assert f(1) == 0\ndef test_b(): assert f(1) == 2", id="skip"),
    pytest.param(TWICE, "@pytest.mark.skip\nclass TestA:\n def test_a(self): assert f(1) == 0\ndef test_b(): assert f(1) == 2", id="skipped-class"),
    pytest.param(TWICE, "@pytest.mark.skipif(True, reason='here')\ndef test_a(): assert f(1) == 0\n@pytest.mark.skipif(False, reason='there')\ndef test_b(): assert f(1) == 2", id="skipif"),
    pytest.param(TWICE, "@pytest.mark.xfail\ndef test_a(): assert f(1) == 0\ndef test_b(): assert f(1) == 2", id="xfail"),
    pytest.param(TWICE, "@pytest.mark.parametrize('a,b', [(1, 2), pytest.param(1, 0, marks=pytest.mark.skip), pytest.param(2, 4, id='two')])\ndef test_f(a, b): assert f(a) == b", id="marks-of-a-case"),
    pytest.param(TWICE, "@pytest.mark.parametrize('a', [1, 2])\nclass TestF:\n @pytest.mark.parametrize('b', [3])\n def test_f(self, a, b): assert f(a) * b == 6 * a", id="marks-of-a-class"),
    pytest.param(TWICE, "given = []\n@pytest.fixture(autouse=True)\ndef filled():\n given.append(3)\n yield\n given.clear()\ndef test_f(): assert f(given[0]) == 6\ndef test_g(): assert given == [3]", id="autouse"),
    pytest.param(TWICE, "class TestF:\n @pytest.fixture(autouse=True)\n def filled(self): self.x = 3\n def test_f(self): assert f(self.x) == 6", id="autouse-in-a-class"),
    pytest.param(TWICE, "made = []\n@pytest.fixture(scope='module')\ndef x():\n made.append(1)\n return 3\ndef test_a(x): assert f(x) == 6\ndef test_b(x): assert made == [1]", id="scope"),
    pytest.param(TWICE, "@pytest.fixture(name='x')\ndef made(): return 3\n@pytest.mark.usefixtures('x')\ndef test_f(x): assert f(x) == 6", id="name-and-use"),
    pytest.param(TWICE, "import unittest\nstate = []\n@pytest.fixture(autouse=True)\ndef filled(): state.append(1)\nclass T(unittest.TestCase):\n def test_f(self): self.assertEqual(f(state[0]), 2)\n @pytest.mark.skip\n def test_g(self): self.fail()", id="around-unittest"),
    pytest.param(DEFAULT, "assert f(1) == pytest.approx({'a': 0.3})", id="approx-default-dict"),
    pytest.param("class D(dict): pass\ndef f(x): return D(a=0.1 + 0.2)", "assert f(1) == pytest.approx({'a': 0.3})", id="approx-dict-subclass"),
    pytest.param("from decimal import Decimal\ndef f(x): return Decimal('0.3000000001')", "from decimal import Decimal\nassert f(1) == pytest.approx(Decimal('0.3'))", id="approx-decimal"),
    pytest.param("def f(x): return [[0.1 + 0.2], (1,)]", "assert f(1) == pytest.approx([[0.3], (1,)])", id="approx-nested"),
    pytest.param("class V(list): pass\ndef f(x): return V([0.1 + 0.2, 1])", "assert f(1) == pytest.approx([0.3, 1])", id="approx-subclass"),
    pytest.param(TWICE, "import warnings\nwarnings.simplefilter('ignore')\nassert f(1) == 2", id="warnings-ignored"),
    pytest.param(TWICE, "import logging\nlogging.basicConfig()\nassert f(1) == 2", id="logging-set-up"),
    pytest.param(TWICE, "import os\nos.environ['X'] = '1'\nassert f(1) == 2", id="environment"),
]  # fmt: skip

FAILS = [
    pytest.param(RAISES, "def test_f():\n with pytest.raises(ValueError) as info: f(1)\n info.match('other')", id="match"),
    pytest.param(WRONG, "@pytest.mark.skipif(False, reason='')\ndef test_f(): assert f(1) == 2", id="skipif"),
    pytest.param(WRONG, "@pytest.mark.parametrize('a,b', [pytest.param(0, 0, marks=pytest.mark.skip), pytest.param(2, 4)])\ndef test_f(a, b): assert f(a) == b", id="marks-of-a-case"),
    pytest.param(WRONG, "@pytest.fixture(autouse=True)\ndef checked():\n yield\n assert f(1) == 2\ndef test_f(): assert f(0) == 0", id="autouse"),
    pytest.param(DEFAULT, "assert f(1) == pytest.approx({'a': 0.4})", id="approx-default-dict"),
    pytest.param("class D(dict): pass\ndef f(x): return D(a=0.1 + 0.2)", "assert f(1) == pytest.approx({'a': 0.4})", id="approx-dict-subclass"),
    pytest.param(DEFAULT, "assert f(1) == pytest.approx({'a': 0.3, 'b': 1})", id="approx-keys"),
    pytest.param("from decimal import Decimal\ndef f(x): return Decimal('0.31')", "from decimal import Decimal\nassert f(1) == pytest.approx(Decimal('0.3'))", id="approx-decimal"),
    pytest.param("def f(x): return 1", "assert f(1) == pytest.approx([1, 2])", id="approx-no-list"),
    pytest.param("class A:\n def __len__(self): return 2\n def __iter__(self): return iter(())\ndef f(x): return A()", "assert f(1) == pytest.approx([1, 2])", id="approx-of-no-items"),
    pytest.param("class A:\n def __len__(self): return 2\n def keys(self): return ['a']\n def __getitem__(self, key): return 1\ndef f(x): return A()", "assert f(1) == pytest.approx({'a': 1})", id="approx-of-no-dictionary"),
    pytest.param("def g(x): return 2 * x", "try:\n from solution import f\nexcept ImportError:\n def f(x): return 2 * x\nassert f(1) == 2", id="another-in-its-place"),
    pytest.param("def f(x): return [1]", "assert f(1) == pytest.approx([1, 2])", id="approx-shorter"),
    pytest.param(WRONG, "import warnings\nwarnings.simplefilter('ignore')\nassert f(1) == 2", id="warnings-ignored"),
]  # fmt: skip

UNDECIDED = [
    pytest.param("import warnings\ndef f(x): warnings.warn('old', DeprecationWarning)", "def test_f():\n with pytest.warns(DeprecationWarning): assert f(1) is None", id="warns"),
    pytest.param("import warnings\ndef f(x): warnings.warn('old', DeprecationWarning)", "import unittest\nclass T(unittest.TestCase):\n def test_f(self):\n  with self.assertWarns(DeprecationWarning): f(1)", id="assert-warns"),
    pytest.param("import warnings\ndef f(x): warnings.warn('old')", "import warnings\ndef test_f():\n with warnings.catch_warnings(record=True) as seen:\n  f(1)\n assert not seen", id="recorded"),
    pytest.param("import warnings\ndef f(x): warnings.warn('old')", "import warnings\ndef test_f():\n warnings.simplefilter('error')\n assert f(1) is None", id="warnings-as-errors"),
    pytest.param("import logging\ndef f(x): logging.warning('x')", "import unittest\nclass T(unittest.TestCase):\n def test_f(self):\n  with self.assertLogs(): f(1)", id="logs"),
    pytest.param("import logging\ndef f(x): logging.warning('x')", "import unittest\nclass T(unittest.TestCase):\n def test_f(self):\n  with self.assertNoLogs(): f(1)", id="no-logs"),
    pytest.param("import os\ndef f(x): return os.environ['X']", "import os\nos.environ['X'] = '1'\nassert f(1) == '1'", id="environment"),
    pytest.param("import os\ndef f(x): return os.environ.get('X')", "from os import environ\ndef test_f():\n environ.update(X='1')\n assert f(1) == '1'", id="environment-updated"),
    pytest.param("import sys\ndef f(x): return sys.argv[1:]", "import sys\nsys.argv = ['p', 'a']\nassert f(1) == ['a']", id="arguments"),
    pytest.param("import time\ndef f(x): return time.time()", "import time\ntime.time = lambda: 7\nassert f(1) == 7", id="clock"),
    pytest.param("import time\ndef f(x): return time.time()", "import time\nsetattr(time, 'time', lambda: 7)\nassert f(1) == 7", id="clock-by-setattr"),
    pytest.param("import decimal\ndef f(x): return decimal.Decimal(1) / 3", "import decimal\ndecimal.getcontext().prec = 2\nassert str(f(1)) == '0.33'", id="precision"),
    pytest.param("READY = False\ndef f(x): return 3 * x", "from solution import READY\nassert f(0) == 0\n@pytest.mark.skipif(not READY, reason='')\ndef test_f(): assert f(1) == 2", id="skipif-by-a-name"),
    pytest.param(TWICE, "@pytest.fixture\ndef x(x): return 1\ndef test_f(x): assert f(1) == 2", id="fixture-of-itself"),
    pytest.param(TWICE, "def test_f(caplog): assert f(1) == 2", id="unknown-fixture"),
    pytest.param(TWICE, "@pytest.fixture(params=[1, 2])\ndef x(request): return request.param\ndef test_f(x): assert f(x) == 2 * x", id="fixture-with-parameters"),
    pytest.param(WRONG, "assert f(0) == 0\n@pytest.mark.skipif(f(1) != 2, reason='')\ndef test_f(): assert f(1) == 2", id="skipif-by-the-solution"),
    pytest.param(WRONG, "import unittest\nassert f(0) == 0\n@unittest.skipIf(f(1) != 2, '')\nclass T(unittest.TestCase):\n def test_f(self): self.assertEqual(f(1), 2)", id="skipped-class-by-the-solution"),
    pytest.param(WRONG, "assert f(0) == 0\n@pytest.mark.parametrize('x', [x for x in [1] if f(x) == 2])\ndef test_f(x): assert f(x) == 2", id="no-cases-by-the-solution"),
    pytest.param(WRONG, "@pytest.mark.xfail(strict=True)\ndef test_f(): assert f(1) == 2", id="strict-xfail"),
    pytest.param(WRONG, "import unittest\nclass T(unittest.TestCase):\n @unittest.expectedFailure\n def test_f(self): self.assertEqual(f(1), 2)", id="expected-failure"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), PASSES)
def test_right_solutions_pass(bench, source, tests):
    found = bench.judge(source, f"import pytest, random\n{tests}\n", "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("source", "tests"), FAILS)
def test_wrong_solutions_fail(bench, source, tests):
    found = bench.judge(source, f"import pytest, random\n{tests}\n", "f")
    assert found.outcome is Outcome.FAIL, found


@pytest.mark.parametrize(("source", "tests"), UNDECIDED)
def test_what_two_processes_cannot_do_is_undecided(bench, source, tests):
    found = bench.judge(source, f"import pytest, random\n{tests}\n", "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


def test_a_module_that_is_marked_to_be_skipped_passes_nothing(bench):
    tests = "import pytest\npytestmark = pytest.mark.skip\ndef test_f(): assert f(1) == 2\n"
    found = bench.judge(WRONG, tests, "f")
    assert found.outcome is Outcome.ABSTAIN, found


def test_a_case_that_is_skipped_as_a_whole_passes_nothing(bench):
    tests = "import unittest\nfrom solution import f\n@unittest.skip('')\nclass T(unittest.TestCase):\n def test_f(self): self.assertEqual(f(1), 2)\n"
    found = bench.judge(WRONG, tests, "f")
    assert found.outcome is Outcome.ABSTAIN, found
