/* Notes a doubt where the program's code gets hold of what our code is made of, however it spells that.
 *
 * The collector's lists, hooks, code made of bytes and the globals of functions are given out by functions that Python
 * reports to auditing hooks (PEP 578). A hook in C cannot be seen or taken away by Python's code. Parts of Python's
 * library use some of these themselves and hand nothing of it out; they are known by their files. Code that but calls
 * what it is given, `typing`'s aliases say, has not the name of what it calls in it. Frames lead to none of ours
 * (unseen.py), but to the prompt's: those parts of the library may have them that need no more of one than a name or a
 * line, and whoever reads its variables is heard (entries.c); a program's own code has no need of them.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
extern int PySys_AddAuditHook(int (*)(const char *, object *, void *), void *);
extern object *PyFunction_GetCode(object *);
extern object *PyObject_GetAttrString(object *, const char *), *PyTuple_GetItem(object *, long);
extern long PyTuple_Size(object *);
extern const char *PyUnicode_AsUTF8(object *);
extern void Py_DecRef(object *), PyErr_Clear(void);
extern void seal_doubt(void), entries_watch(void), quiet_begin(void);
extern void *frames_top(void), *frames_back(void *);
extern object *frames_code(void *);

#define NAME "stillroom"
#define OURS "/usr/lib/" NAME "/"
#define FROZEN "<frozen "
#define LIBRARY "/usr/lib/python"
#define SITE "/site-packages/"
#define MOST 12
#define KNOWN 256 /* codes of ours that are remembered */

/* Files that ask for frames and need no more of them than a name or a line. */
#define WALKING \
    "/asyncio/", "/collections/", "/doctest.py", "/enum.py", "/gettext.py", "/logging/", SITE, "/subprocess.py", \
        "/traceback.py", "/typing.py", "/warnings.py", NULL

/* The beginnings of events, and where they are usual: in our own code and in Python's that imports, in functions of
 * some files of Python's library, and in those of others where one calls them that keeps to itself what it gets: a
 * program that calls them gets what they give. */
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
    {"object.__getattr__", 1, {LIBRARY}, {NULL}, {NULL}},
    {"object.__setattr__", 1, {"/collections/", "/dataclasses.py", SITE, "/types.py", "/typing.py"}, {NULL}, {NULL}},
    {"open", 0, {"/linecache.py", "/tokenize.py"}, {NULL}, {NULL}},
    {"sys._current_", 1, {NULL}, {NULL}, {NULL}},
    {"sys._getframe", 1, {WALKING}, {"/inspect.py"}, {SITE}},
    {"sys.addaudithook", 1, {NULL}, {NULL}, {NULL}},
    {"sys.setprofile", 1, {NULL}, {NULL}, {NULL}},
    {"sys.settrace", 1, {NULL}, {NULL}, {NULL}},
};
#define INITIALS "cegmos" /* of these events */
static const char *const FRAMES[] = {"ag_frame", "cr_frame", "gi_frame", "tb_frame", NULL};
/* By what names a function leads to what it runs with, which matters of ours, and what of our objects is but ours. */
static const char *const LEADING[] = {"__closure__", "__code__", "__defaults__", "__globals__", "__kwdefaults__", NULL};
#define HELD "_" NAME "_"
static const char *const HOLDING[] = {"_STATE", "_stillroom_content_", NULL}; /* by what names our code has it */
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

static int has_one_as(const char *text, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(text, *list) == 0)
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

static const char *file_of(object *code)
{
    return part_of(code, "co_filename");
}

/* Whether code has one of some names in it. */
static int names_one(object *code, const char *const *list)
{
    object *names = PyObject_GetAttrString(code, "co_names");
    int found = 0;
    for (long at = 0; names != NULL && at < PyTuple_Size(names); at++) {
        const char *name = PyUnicode_AsUTF8(PyTuple_GetItem(names, at));
        for (const char *const *each = list; name != NULL && *each != NULL; each++)
            found = found || strcmp(name, *each) == 0;
    }
    if (names == NULL)
        PyErr_Clear();
    else
        Py_DecRef(names);
    return found;
}

/* Whether code is ours, which lives as long as the process: what was found once is so for ever. */
static int is_ours(object *code)
{
    static object *known[KNOWN];
    object **place = known + ((size_t)code >> 5) % KNOWN;
    if (*place != code && begins_so(file_of(code), OURS))
        *place = code;
    return *place == code;
}

static int is_library(const char *file)
{
    return begins_so(file, LIBRARY) && strstr(file, "/..") == NULL;
}

/* The code that has a frame's run; NULL where there is none. */
static object *caller_of(void *frame)
{
    frame = frames_back(frame);
    return frame == NULL ? NULL : frames_code(frame);
}

/* Whether the code that runs is not the program's, but ours or a library's that has one of some names in it. */
int audit_is_known(const char *const *names)
{
    void *frame = frames_top();
    if (frame == NULL)
        return 0; /* what is written in C calls what it was given */
    object *code = frames_code(frame);
    const char *file = file_of(code);
    if (!(begins_so(file, OURS) || begins_so(file, FROZEN) || is_library(file)) || !names_one(code, names))
        return 0;
    object *by = is_library(file) && strstr(file, "/signal.py") != NULL ? caller_of(frame) : NULL;
    return by == NULL || (is_library(file_of(by)) && names_one(by, names)); /* as `asyncio`, which has its own handler */
}

/* Whether code calls by its name what an event is of, and not as something that it was given. */
static int calls_it(object *code, const char *event, const char *attribute)
{
    const char *own[] = {begins_so(event, "object.") ? attribute : strchr(event, '.'), NULL};
    if (own[0] == NULL) /* compile, exec, open */
        return strcmp(event, "open") == 0 || names_one(code, RUNNING);
    if (begins_so(event, "code."))
        return names_one(code, REPLACING);
    if (begins_so(event, "ctypes.") || begins_so(event, "object.__set"))
        return 1;
    if (begins_so(own[0], HELD))
        return names_one(code, HOLDING);
    own[0] += *own[0] == '.';
    return names_one(code, own);
}

/* Whether an event is of a function of ours, or of what an object of ours holds, which is nobody else's to read. */
static int is_of_ours(const char *event, object *given, const char *attribute)
{
    if (!begins_so(event, "object.__get"))
        return 0;
    object *code = has_one_as(attribute, LEADING) ? PyFunction_GetCode(PyTuple_GetItem(given, 0)) : NULL;
    PyErr_Clear();
    return code == NULL ? begins_so(attribute, HELD) : is_ours(code);
}

static int is_usual(size_t at, const char *event, object *given, const char *attribute)
{
    void *frame = frames_top();
    if (frame == NULL)
        return 0; /* what is written in C calls what it was given */
    object *code = frames_code(frame);
    if (EVENTS[at].is_ours && is_ours(code))
        return begins_so(event, "marshal.") || calls_it(code, event, attribute); /* of messages */
    const char *file = file_of(code);
    if (EVENTS[at].is_ours && begins_so(file, FROZEN)) {
        if (!has_one(EVENTS[at].event, OF_FROZEN))
            return 0;
        object *by = calls_it(code, event, attribute) ? NULL : caller_of(frame); /* which has it called */
        return by == NULL || (begins_so(file_of(by), FROZEN) && calls_it(by, event, attribute));
    }
    if (!is_library(file) || !calls_it(code, event, attribute) || is_of_ours(event, given, attribute))
        return 0;
    if (has_one(file, EVENTS[at].usual))
        return 1;
    object *by = has_one(file, EVENTS[at].within) ? caller_of(frame) : NULL;
    return by != NULL && is_library(file_of(by)) && has_one(file_of(by), EVENTS[at].calling);
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
    return has_one_as(name, strstr(event, "set") ? PARTS : FRAMES) || is_of_ours(event, given, name);
}

static int heard(const char *event, object *given, void *unused)
{
    (void)unused;
    if (strchr(INITIALS, *event) == NULL) /* such as `builtins.id`, which our own code has a million times */
        return 0;
    for (size_t i = 0; i < COUNT(EVENTS); i++)
        if (begins_so(event, EVENTS[i].event) && is_meant(event, given) && !is_usual(i, event, given, text_of(given, 1)))
            seal_doubt();
    return 0;
}

/* Whether what goes from a frame to the one beneath it is ours, or a part of the library that needs but names and lines. */
int audit_is_walking(void)
{
    static const char *const BACK[] = {"f_back", NULL}, *const FILES[] = {WALKING};
    void *frame = frames_top();
    if (frame == NULL)
        return 0; /* what is written in C reads what it was given the name of */
    object *code = frames_code(frame);
    const char *file = file_of(code);
    return is_ours(code) || (is_library(file) && has_one(file, FILES) && names_one(code, BACK));
}

/* Note a doubt where anything but our own code runs this, or has had it run. */
void audit_callers(void)
{
    for (void *frame = frames_top(); frame != NULL; frame = frames_back(frame))
        if (!is_ours(frames_code(frame)))
            seal_doubt();
}

/* Listen from now on, as long as the process lives. */
int audit_begin(void)
{
    entries_watch();
    quiet_begin();
    return PySys_AddAuditHook(heard, NULL);
}
