/* Notes a doubt where the program's code calls what shows it more than its own, and is reported to no hook.
 *
 * `object.__subclasses__()` gives all classes, ours among them, by whose functions one gets at our modules;
 * `sys.getprofile()` gives what of ours sees which code runs; a handler of signals runs at any time, and so does another
 * thread once `sys.setswitchinterval()` has it. Of the prompt's code, which runs on objects that the tests expect, a
 * frame shows its variables, `locals` the same of the code that has it called in between, `sys.getrefcount()` how often a
 * number is held, and `gc.set_debug()` keeps what was let go. Each is a function in C that an entry of a table leads to,
 * and the entry is made to lead here first.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
struct entry {
    const char *name;
    void *call;
};
struct member { /* PyMemberDef */
    const char *name;
    int type;
    long offset;
    int flags;
};
struct computed { /* PyGetSetDef */
    const char *name;
    object *(*get)(object *, void *);
};
struct descriptor { /* PyMethodDescrObject, PyMemberDescrObject and PyGetSetDescrObject, as they are since Python 3.8 */
    size_t references;
    object *kind, *owner, *name, *qualified;
    union {
        struct entry *entry;
        struct member *member;
        struct computed *computed;
    };
};
struct function { /* PyCFunctionObject */
    size_t references;
    object *kind;
    struct entry *entry;
};
extern object *PyObject_GetAttrString(object *, const char *), *PyImport_ImportModule(const char *);
extern long PyTuple_Size(object *);
extern unsigned long PyType_GetFlags(object *);
extern void Py_DecRef(object *), PyErr_Clear(void);
extern struct type {size_t references;} PyType_Type, PyFrame_Type;
extern void seal_doubt(void), quiet_handled(object *const *, long);
extern int audit_is_known(const char *const *), audit_is_walking(void);

#define REPORTED 2 /* Py_AUDIT_READ */
#define MADE_BY_CODE (1UL << 9) /* Py_TPFLAGS_HEAPTYPE */

static object *(*subclasses)(object *, object *);
static object *(*handle)(object *, object *const *, long);
static object *(*variables)(object *, void *), *(*back)(object *, void *);

/* By which names known code has these called: for `abc` it is done in C. */
static const char *const OF_CLASSES[] = {"__subclasses__", "_abc_instancecheck", "_abc_subclasscheck", "_subclasses", NULL};
static const char *const OF_SIGNALS[] = {"signal", NULL};

/* What else is nobody's to call but known code's that has its name. */
static struct {
    const char *module, *name;
    int is_of_nothing; /* only without arguments */
    object *(*before)(object *, object *);
} WATCHED[] = {
    {"builtins", "locals", 0, NULL}, {"builtins", "vars", 1, NULL},         {"gc", "set_debug", 0, NULL},
    {"sys", "getprofile", 0, NULL},  {"sys", "getrefcount", 0, NULL}, {"sys", "setswitchinterval", 0, NULL},
};

static object *watched(int at, object *self, object *given)
{
    const char *const names[] = {WATCHED[at].name, NULL};
    if (!(WATCHED[at].is_of_nothing && PyTuple_Size(given) > 0) && !audit_is_known(names))
        seal_doubt();
    return WATCHED[at].before(self, given);
}

#define AT(at) \
    static object *watched_##at(object *self, object *given) \
    { \
        return watched(at, self, given); \
    }
AT(0) AT(1) AT(2) AT(3) AT(4) AT(5)
static object *(*const INSTEAD[])(object *, object *) = {watched_0, watched_1, watched_2, watched_3, watched_4, watched_5};

static object *asked(object *kind, object *unused)
{
    if (!(PyType_GetFlags(kind) & MADE_BY_CODE) && !audit_is_known(OF_CLASSES))
        seal_doubt();
    return subclasses(kind, unused);
}

static object *handled(object *module, object *const *given, long count)
{
    if (!audit_is_known(OF_SIGNALS))
        seal_doubt();
    quiet_handled(given, count);
    return handle(module, given, count);
}

/* The variables of a frame are the prompt's as well as a program's own, and no library that it has shown to it needs them. */
static object *shown(object *frame, void *unused)
{
    seal_doubt();
    return variables(frame, unused);
}

static object *walked(object *frame, void *unused)
{
    if (!audit_is_walking())
        seal_doubt();
    return back(frame, unused);
}

static void *instead(struct entry *entry, const char *name, void *call)
{
    void *before = NULL;
    if (strcmp(entry->name, name) == 0 && entry->call != call) {
        before = entry->call;
        entry->call = call;
    }
    return before;
}

static void watch_frames(const char *name, object *(**before)(object *, void *), object *(*get)(object *, void *))
{
    object *found = PyObject_GetAttrString((object *)&PyFrame_Type, name);
    struct computed *own = found == NULL ? NULL : ((struct descriptor *)found)->computed;
    if (own != NULL && strcmp(own->name, name) == 0 && own->get != get) {
        *before = own->get;
        own->get = get;
    }
}

/* Have Python report to auditing hooks that what a member of objects holds is read, as it does of a frame's. */
void entries_guard(object *member)
{
    ((struct descriptor *)member)->member->flags |= REPORTED;
}

static object *function_of(const char *module, const char *name)
{
    object *found = PyImport_ImportModule(module);
    return found == NULL ? NULL : PyObject_GetAttrString(found, name);
}

/* Have all lead here; once, in a process where the program's code is to run. */
void entries_watch(void)
{
    object *method = PyObject_GetAttrString((object *)&PyType_Type, "__subclasses__");
    object *function = function_of("_signal", "signal");
    if (method != NULL && function != NULL) {
        *(void **)&subclasses = instead(((struct descriptor *)method)->entry, "__subclasses__", (void *)asked);
        *(void **)&handle = instead(((struct function *)function)->entry, "signal", (void *)handled);
    }
    for (size_t at = 0; at < sizeof WATCHED / sizeof *WATCHED; at++) {
        object *one = function_of(WATCHED[at].module, WATCHED[at].name);
        if (one != NULL)
            *(void **)&WATCHED[at].before = instead(((struct function *)one)->entry, WATCHED[at].name, (void *)INSTEAD[at]);
    }
    watch_frames("f_locals", &variables, shown);
    watch_frames("f_back", &back, walked);
    PyErr_Clear();
}
