/* Notes a doubt where the program's code gets hold of what our code is made of, however it spells that.
 *
 * Frames, the collector's lists, hooks and code made of bytes are given out by functions that Python reports to
 * auditing hooks (PEP 578). A hook in C cannot be seen or taken away by Python's code. Parts of Python's library use
 * some of these themselves and hand nothing of it out; they are known by their files.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
extern int PySys_AddAuditHook(int (*)(const char *, object *, void *), void *);
extern object *PyEval_GetFrame(void), *PyFrame_GetBack(object *), *PyFrame_GetCode(object *);
extern object *PyObject_GetAttrString(object *, const char *), *PyTuple_GetItem(object *, long);
extern const char *PyUnicode_AsUTF8(object *);
extern void Py_DecRef(object *), PyErr_Clear(void);
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
    {"sys._getframe", 1, {"/collections/", "/dataclasses.py", "/enum.py", SITE, "/typing.py"},
     {"/logging/", "/unittest/", "/warnings.py"}, {NULL}},
    {"sys.addaudithook", 1, {NULL}, {NULL}, {NULL}},
    {"sys.setprofile", 1, {NULL}, {NULL}, {NULL}},
    {"sys.settrace", 1, {NULL}, {NULL}, {NULL}},
};
#define INITIALS "cegmos" /* of these events */
static const char *const FRAMES[] = {"ag_frame", "cr_frame", "gi_frame", "tb_frame", NULL};
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

/* The file of a frame's code, which lives as long as the code. */
static const char *file_of(object *frame)
{
    const char *found = NULL;
    object *code = PyFrame_GetCode(frame), *name = PyObject_GetAttrString(code, "co_filename");
    if (name != NULL) {
        found = PyUnicode_AsUTF8(name);
        Py_DecRef(name);
    }
    Py_DecRef(code);
    if (found == NULL)
        PyErr_Clear();
    return found == NULL ? "" : found;
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

/* Whether the code that runs is not the program's: ours, or a library's. */
int audit_is_known(void)
{
    object *frame = PyEval_GetFrame();
    const char *file = frame == NULL ? OURS : file_of(frame);
    return begins_so(file, OURS) || begins_so(file, FROZEN) || is_library(file);
}

static int is_usual(size_t at)
{
    object *frame = PyEval_GetFrame();
    if (frame == NULL)
        return 1; /* no code of Python's runs */
    if (EVENTS[at].is_ours && is_ours(frame))
        return 1;
    const char *file = file_of(frame);
    if (EVENTS[at].is_ours && begins_so(file, FROZEN))
        return 1;
    if (!is_library(file))
        return 0;
    if (has_one(file, EVENTS[at].usual))
        return 1;
    object *back = has_one(file, EVENTS[at].within) ? PyFrame_GetBack(frame) : NULL;
    if (back == NULL)
        return 0;
    const char *by = file_of(back);
    int is_within = strcmp(by, file) == 0 || (is_library(by) && has_one(by, EVENTS[at].calling));
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
        if (begins_so(event, EVENTS[i].event) && is_meant(event, given) && !is_usual(i))
            seal_doubt();
    return 0;
}

/* Note a doubt where anything but our own code has had this run. */
void audit_callers(void)
{
    object *frame = PyEval_GetFrame();
    frame = frame == NULL ? NULL : PyFrame_GetBack(frame);
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
    return PySys_AddAuditHook(heard, NULL);
}
