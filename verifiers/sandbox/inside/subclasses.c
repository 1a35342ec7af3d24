/* Notes a doubt where the program's code asks for all classes, ours among them, by which it would get at our modules.
 *
 * Python reports `object.__subclasses__()` to no hook, so its function is put behind one of ours: a method of a
 * built-in type is an entry of a table, which its descriptor leads to.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
typedef object *method(object *, object *);
struct entry {
    const char *name;
    method *call;
};
struct descriptor { /* PyMethodDescrObject, as it is since Python 3.8 */
    size_t references;
    object *kind, *owner, *name, *qualified;
    struct entry *entry;
};
extern object *PyObject_GetAttrString(object *, const char *);
extern unsigned long PyType_GetFlags(object *);
extern void Py_DecRef(object *), PyErr_Clear(void);
extern object PyType_Type;
extern void seal_doubt(void);
extern int audit_is_known(void);

#define MADE_BY_CODE (1UL << 9) /* Py_TPFLAGS_HEAPTYPE */

static method *asked;

static object *ask(object *kind, object *unused)
{
    if (!(PyType_GetFlags(kind) & MADE_BY_CODE) && !audit_is_known())
        seal_doubt();
    return asked(kind, unused);
}

void subclasses_watch(void)
{
    object *found = PyObject_GetAttrString(&PyType_Type, "__subclasses__");
    struct entry *entry = found == NULL ? NULL : ((struct descriptor *)found)->entry;
    if (entry == NULL)
        PyErr_Clear();
    else if (strcmp(entry->name, "__subclasses__") == 0 && asked == NULL) {
        asked = entry->call;
        entry->call = ask;
    }
    if (found != NULL)
        Py_DecRef(found);
}
