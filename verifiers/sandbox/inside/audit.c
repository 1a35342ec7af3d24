/* Notes a doubt where the program's code gets hold of what our code is made of, however it spells that.
 *
 * Frames, the collector's lists, hooks and code made of bytes are given out by functions that Python reports to
 * auditing hooks (PEP 578). A hook in C cannot be seen or taken away by Python's code. Parts of Python's library use
 * some of these themselves and hand nothing of it out; they are known by their files. Code that but calls what it is
 * given, `typing`'s aliases say, has not the name of what it calls in it.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
extern int PySys_AddAuditHook(int (*)(const char *, object *, void *), void *);
extern object *PyEval_GetFrame(void), *PyFrame_GetBack(object *), *PyFrame_GetCode(object *);
extern object *PyFrame_GetGlobals(object *), *PyDict_GetItemString(object *, const char *);
extern object *PyImport_ImportModule(const char *);
extern object *PyFunction_GetCode(object *), *PyFunction_GetGlobals(object *);
extern object *PyObject_GetAttrString(object *, const char *), *PyTuple_GetItem(object *, long);
extern long PyTuple_Size(object *);
extern const char *PyUnicode_AsUTF8(object *);
extern void Py_DecRef(object *), Py_IncRef(object *), PyErr_Clear(void);
extern void seal_doubt(void), entries_watch(void);

#define NAME "stillroom"
#define OURS "/usr/lib/" NAME "/"
#define FROZEN "<frozen "
#define LIBRARY "/usr/lib/python"
#define SITE "/site-packages/"
#define MOST 10
#define KNOWN 256 /* codes of ours that are remembered */

/* The beginnings of events, and where they are usual: in our own code and in Python's that imports, in functions of
 * some files of Python's library, and in those of others where the same file calls them, or one that keeps to itself
 * what it gets: a program that calls them gets what they give. */
static const struct {
    const char *event;
    int is_ours;
    const char *usual[MOST], *within[MOST], *calling[MOST];
} EVENTS[] = {
    {"code.__new__", 1, {"/types.py"}, {NULL}, {NULL}},
    {"compile", 1, {"/ast.py", "/collections/", "/dataclasses.py", "/doctest.py", SITE, "/timeit.py", "/typing.py"},
     {NULL}, {NULL}},
    {"ctypes.", 0, {NULL}, {LIBRARY}, {SITE, "/ctypes/"}},
    {"exec", 1, {"/collections/", "/dataclasses.py", "/doctest.py", SITE, "/timeit.py", "/typing.py"}, {NULL}, {NULL}},
    {"gc.get_", 1, {NULL}, {NULL}, {NULL}},
    {"marshal.load", 1, {NULL}, {NULL}, {NULL}},
    {"object.__getattr__", 1, {NULL}, {"/asyncio/coroutines.py", "/logging/", "/traceback.py", "/unittest/"},
     {"/asyncio/", "/unittest/"}},
    {"object.__setattr__", 1, {"/collections/", "/dataclasses.py", SITE, "/types.py", "/typing.py"}, {NULL}, {NULL}},
    {"open", 0, {"/linecache.py", "/tokenize.py"}, {NULL}, {NULL}},
    {"sys._current_", 1, {NULL}, {NULL}, {NULL}},
    {"sys._getframe", 1, {"/collections/", "/enum.py", SITE, "/typing.py"}, {"/logging/"}, {NULL}},
    {"sys.addaudithook", 1, {NULL}, {NULL}, {NULL}},
    {"sys.setprofile", 1, {NULL}, {NULL}, {NULL}},
    {"sys.settrace", 1, {NULL}, {NULL}, {NULL}},
};
#define INITIALS "cegmos" /* of these events */
static const char *const FRAMES[] = {"ag_frame", "cr_frame", "gi_frame", "tb_frame", NULL};
static const char *const OF_FROZEN[] = {"code.__new__", "compile", "exec", "marshal.load", "object.__setattr__", NULL};
/* What Python's import does itself. */
static const char *const RUNNING[] = {"compile", "eval", "exec", NULL};
static const char *const REPLACING[] = {"CodeType", "load", "loads", "marshal", "replace", NULL};
/* By what names code is run and made. */
static const char *const PARTS[] = {"__code__", "__defaults__", "__kwdefaults__", NULL};

#define COUNT(list) (sizeof list / sizeof *list)

static int begins_so(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static int has_one(const char *text, const char *const *list)
{
    for (size_t i = 0; i < MOST && list[i] != NULL; i++)
        if (strstr(text, list[i]) != NULL)
            return 1;
    return 0;
}

/* A text that code has as an attribute, which lives as long as the code. */
static const char *part_of(object *code, const char *attribute)
{
    const char *found = NULL;
    object *name = PyObject_GetAttrString(code, attribute);
    if (name != NULL) {
        found = PyUnicode_AsUTF8(name);
        Py_DecRef(name);
    }
    if (found == NULL)
        PyErr_Clear();
    return found == NULL ? "" : found;
}

/* The file of a frame's code. */
static const char *file_of(object *frame)
{
    object *code = PyFrame_GetCode(frame);
    const char *found = part_of(code, "co_filename");
    Py_DecRef(code);
    return found;
}

/* Whether a frame's code has one of some names in it. */
static int names_one(object *frame, const char *const *list)
{
    object *code = PyFrame_GetCode(frame), *names = PyObject_GetAttrString(code, "co_names");
    int found = 0;
    for (long at = 0; names != NULL && at < PyTuple_Size(names); at++) {
        const char *name = PyUnicode_AsUTF8(PyTuple_GetItem(names, at));
        for (const char *const *each = list; name != NULL && *each != NULL; each++)
            found = found || strcmp(name, *each) == 0;
    }
    Py_DecRef(code);
    if (names == NULL)
        PyErr_Clear();
    else
        Py_DecRef(names);
    return found;
}

/* Whether a frame is of our code, which lives as long as the process: what was found once is so for ever. */
static int is_ours(object *frame)
{
    static object *known[KNOWN];
    object *code = PyFrame_GetCode(frame), **place = known + ((size_t)code >> 5) % KNOWN;
    Py_DecRef(code);
    if (*place != code && begins_so(file_of(frame), OURS))
        *place = code;
    return *place == code;
}

static int is_library(const char *file)
{
    return begins_so(file, LIBRARY) && strstr(file, "/..") == NULL;
}

/* Whether the code that runs is not the program's, but ours or a library's that has one of some names in it. */
int audit_is_known(const char *const *names)
{
    object *frame = PyEval_GetFrame();
    const char *file = frame == NULL ? OURS : file_of(frame);
    int is_its = begins_so(file, OURS) || begins_so(file, FROZEN) || is_library(file);
    if (frame == NULL || !is_its || !names_one(frame, names))
        return frame == NULL;
    object *by = is_library(file) && strstr(file, "/signal.py") != NULL ? PyFrame_GetBack(frame) : NULL;
    if (by == NULL)
        return 1;
    is_its = is_library(file_of(by)) && names_one(by, names); /* such as `asyncio`, which has a handler of its own */
    Py_DecRef(by);
    return is_its;
}

/* What of Python's library is given frames, or the globals of frames, by code of its that gets at them itself: by the
 * globals of that code. A program that puts its own there would be given them. */
static const char *const GIVEN[][4] = {
    {"_is_internal_frame"},
    {"traceback", "print_stack"},
    {"traceback", "extract_stack"},
    {"traceback", "walk_stack"},
    {"traceback", "linecache", "lazycache"},
    {"traceback", "StackSummary", "extract"},
    {"traceback", "StackSummary", "_extract_from_extended_frame_gen"},
    {"linecache", "lazycache"},
    {"StackSummary", "extract"},
    {"StackSummary", "_extract_from_extended_frame_gen"},
    {"traceback", "itertools", "islice"},
    {"traceback", "collections", "deque"},
    {"itertools", "islice"},
    {"collections", "deque"},
};

/* Whether what such a path leads to is a function of that name, of a library's file, with the globals of a module. */
static int is_as_made(object *function, const char *name)
{
    object *inner = PyObject_GetAttrString(function, "__func__"); /* of a method of a class */
    PyErr_Clear();
    object *code = PyFunction_GetCode(inner == NULL ? function : inner);
    object *own = PyFunction_GetGlobals(inner == NULL ? function : inner);
    PyErr_Clear();
    object *held = code == NULL || own == NULL ? NULL : PyDict_GetItemString(own, "__file__");
    const char *file = held == NULL ? NULL : PyUnicode_AsUTF8(held);
    const char *its = file == NULL ? "" : part_of(code, "co_filename");
    PyErr_Clear();
    int is_so = is_library(its) && strcmp(part_of(code, "co_name"), name) == 0 && strcmp(file, its) == 0;
    if (inner != NULL)
        Py_DecRef(inner);
    return is_so;
}

static object *islice, *deque; /* as they were */

static int gives_to_its_own(object *frame)
{
    object *own = PyFrame_GetGlobals(frame);
    int is_so = 1;
    for (size_t i = 0; i < COUNT(GIVEN) && is_so; i++) {
        object *found = PyDict_GetItemString(own, GIVEN[i][0]);
        int at = 0;
        if (found == NULL)
            continue;
        Py_IncRef(found);
        for (; found != NULL && at < 3 && GIVEN[i][at + 1] != NULL; at++) {
            object *within = PyObject_GetAttrString(found, GIVEN[i][at + 1]);
            Py_DecRef(found);
            found = within;
        }
        is_so = found != NULL && (found == islice || found == deque || is_as_made(found, GIVEN[i][at]));
        if (found != NULL)
            Py_DecRef(found);
        PyErr_Clear();
    }
    Py_DecRef(own);
    return is_so;
}

static object *taken(const char *module, const char *name)
{
    object *home = PyImport_ImportModule(module);
    return home == NULL ? NULL : PyObject_GetAttrString(home, name);
}

/* Whether a frame's code calls by its name what an event is of, and not as something that it was given. */
static int calls_it(object *frame, const char *event, const char *attribute)
{
    const char *own[] = {begins_so(event, "object.") ? attribute : strchr(event, '.'), NULL};
    if (own[0] == NULL) /* compile, exec, open */
        return strcmp(event, "open") == 0 || names_one(frame, RUNNING);
    if (begins_so(event, "code."))
        return names_one(frame, REPLACING);
    if (begins_so(event, "ctypes.") || begins_so(event, "object.__set"))
        return 1;
    own[0] += *own[0] == '.';
    return names_one(frame, own);
}

static int is_usual(size_t at, const char *event, const char *attribute)
{
    object *frame = PyEval_GetFrame();
    if (frame == NULL)
        return 1; /* no code of Python's runs */
    if (EVENTS[at].is_ours && is_ours(frame))
        return begins_so(event, "marshal.") || calls_it(frame, event, attribute); /* of messages */
    const char *file = file_of(frame);
    if (EVENTS[at].is_ours && begins_so(file, FROZEN)) {
        if (!has_one(EVENTS[at].event, OF_FROZEN))
            return 0;
        object *by = calls_it(frame, event, attribute) ? NULL : PyFrame_GetBack(frame); /* which has it called */
        int is_its = by == NULL || (begins_so(file_of(by), FROZEN) && calls_it(by, event, attribute));
        if (by != NULL)
            Py_DecRef(by);
        return is_its;
    }
    if (!is_library(file) || !calls_it(frame, event, attribute))
        return 0;
    if (has_one(file, EVENTS[at].usual))
        return 1;
    object *back = has_one(file, EVENTS[at].within) ? PyFrame_GetBack(frame) : NULL;
    if (back == NULL)
        return 0;
    const char *by = file_of(back);
    int is_within = (strcmp(by, file) == 0 && gives_to_its_own(frame)) || (is_library(by) && has_one(by, EVENTS[at].calling));
    Py_DecRef(back);
    return is_within;
}

/* One of the texts that come with an event; "" where there is no such. */
static const char *text_of(object *given, long at)
{
    object *found = PyTuple_GetItem(given, at);
    const char *text = found == NULL ? NULL : PyUnicode_AsUTF8(found);
    if (text == NULL)
        PyErr_Clear();
    return text == NULL ? "" : text;
}

/* Whether what an event of many is about matters: an attribute that is a frame, what a function is, one of our files. */
static int is_meant(const char *event, object *given)
{
    if (begins_so(event, "open"))
        return strstr(text_of(given, 0), NAME) != NULL;
    if (!begins_so(event, "object."))
        return 1;
    const char *name = text_of(given, 1);
    for (const char *const *each = strstr(event, "set") ? PARTS : FRAMES; *each != NULL; each++)
        if (strcmp(name, *each) == 0)
            return 1;
    return 0;
}

static int heard(const char *event, object *given, void *unused)
{
    (void)unused;
    if (strchr(INITIALS, *event) == NULL) /* such as `builtins.id`, which our own code has a million times */
        return 0;
    for (size_t i = 0; i < COUNT(EVENTS); i++)
        if (begins_so(event, EVENTS[i].event) && is_meant(event, given) && !is_usual(i, event, text_of(given, 1)))
            seal_doubt();
    return 0;
}

/* Note a doubt where anything but our own code runs this, or has had it run. */
void audit_callers(void)
{
    object *frame = PyEval_GetFrame();
    if (frame == NULL)
        return;
    if (!is_ours(frame))
        seal_doubt();
    frame = PyFrame_GetBack(frame);
    while (frame != NULL) {
        if (!is_ours(frame))
            seal_doubt();
        object *back = PyFrame_GetBack(frame);
        Py_DecRef(frame);
        frame = back;
    }
}

/* Listen from now on, as long as the process lives. */
int audit_begin(void)
{
    entries_watch();
    islice = taken("itertools", "islice"), deque = taken("collections", "deque");
    PyErr_Clear();
    return PySys_AddAuditHook(heard, NULL);
}
