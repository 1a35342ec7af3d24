/* Notes a doubt where the program's code calls what gives it our classes or our frames, and is reported to no hook.
 *
 * `object.__subclasses__()` gives all classes, ours among them, by whose functions one gets at our modules; a handler
 * of signals is given the frame that it interrupts; `sys.getprofile()` gives what of ours sees which code runs. Each is a function in C that an entry of a table leads to, and
 * the entry is made to lead here first.
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
struct descriptor { /* PyMethodDescrObject and PyMemberDescrObject, as they are since Python 3.8 */
    size_t references;
    object *kind, *owner, *name, *qualified;
    union {
        struct entry *entry;
        struct member *member;
    };
};
struct function { /* PyCFunctionObject */
    size_t references;
    object *kind;
    struct entry *entry;
};
extern object *PyObject_GetAttrString(object *, const char *), *PyImport_ImportModule(const char *);
extern unsigned long PyType_GetFlags(object *);
extern void Py_DecRef(object *), PyErr_Clear(void);
extern struct type {size_t references;} PyType_Type;
extern void seal_doubt(void);
extern int audit_is_known(const char *const *);

#define REPORTED 2 /* Py_AUDIT_READ */
#define MADE_BY_CODE (1UL << 9) /* Py_TPFLAGS_HEAPTYPE */

static object *(*subclasses)(object *, object *);
static object *(*handle)(object *, object *const *, long);
static object *(*profile)(object *, object *);

/* By which names known code has these called: for `abc` it is done in C. */
static const char *const OF_CLASSES[] = {"__subclasses__", "_abc_instancecheck", "_abc_subclasscheck", "_subclasses", NULL};
static const char *const OF_SIGNALS[] = {"signal", NULL};
static const char *const OF_PROFILES[] = {"getprofile", NULL};

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
    return handle(module, given, count);
}

static object *profiled(object *module, object *unused)
{
    if (!audit_is_known(OF_PROFILES))
        seal_doubt();
    return profile(module, unused);
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

/* Have Python report to auditing hooks that what a member of objects holds is read, as it does of a frame's. */
void entries_guard(object *member)
{
    ((struct descriptor *)member)->member->flags |= REPORTED;
}

/* Have both lead here; once, in a process where the program's code is to run. */
void entries_watch(void)
{
    object *method = PyObject_GetAttrString((object *)&PyType_Type, "__subclasses__");
    object *module = PyImport_ImportModule("_signal");
    object *function = module == NULL ? NULL : PyObject_GetAttrString(module, "signal");
    if (method != NULL && function != NULL) {
        *(void **)&subclasses = instead(((struct descriptor *)method)->entry, "__subclasses__", (void *)asked);
        *(void **)&handle = instead(((struct function *)function)->entry, "signal", (void *)handled);
    }
    object *sys = PyImport_ImportModule("sys");
    object *getting = sys == NULL ? NULL : PyObject_GetAttrString(sys, "getprofile");
    if (getting != NULL)
        *(void **)&profile = instead(((struct function *)getting)->entry, "getprofile", (void *)profiled);
    PyErr_Clear();
}
