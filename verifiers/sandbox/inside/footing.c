/* Holds that what our own code runs on is as it was taken down: see footing.py.
 *
 * It is looked at with each mark, and not by Python's code, which a program that has come so far could have changed.
 */
#include <stddef.h>
#include <string.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
extern int PyDict_Next(object *, long *, object **, object **);
extern object *PyDict_GetItem(object *, object *), *PyTuple_GetItem(object *, long);
extern long PyList_Size(object *), PyTuple_Size(object *);
extern object *PyList_GetItem(object *, long);
extern const char *PyUnicode_AsUTF8(object *);
extern void Py_IncRef(object *);

static object *whole, *used;

/* Two lists: of dictionaries, each with all its values in their order, and of others, with some keys and their values. */
void footing_take(object *all_of, object *some_of)
{
    whole = all_of, used = some_of;
    Py_IncRef(whole);
    Py_IncRef(used);
}

/* What a warning notes in the globals of who is warned of. */
static int is_note(object *key)
{
    const char *name = PyUnicode_AsUTF8(key);
    return name != NULL && strcmp(name, "__warningregistry__") == 0;
}

static int is_whole(object *held, object *values)
{
    long place = 0, at = 0, count = PyTuple_Size(values);
    for (object *key, *value; PyDict_Next(held, &place, &key, &value);) {
        if (at == count && is_note(key))
            continue;
        if (at == count || value != PyTuple_GetItem(values, at++))
            return 0;
    }
    return at == count;
}

static int is_used(object *held, object *keys, object *values)
{
    for (long at = 0; at < PyTuple_Size(keys); at++)
        if (PyDict_GetItem(held, PyTuple_GetItem(keys, at)) != PyTuple_GetItem(values, at))
            return 0;
    return 1;
}

int footing_holds(void)
{
    for (long at = 0; whole != NULL && at < PyList_Size(whole); at++) {
        object *one = PyList_GetItem(whole, at);
        if (!is_whole(PyTuple_GetItem(one, 0), PyTuple_GetItem(one, 1)))
            return 0;
    }
    for (long at = 0; used != NULL && at < PyList_Size(used); at++) {
        object *one = PyList_GetItem(used, at);
        if (!is_used(PyTuple_GetItem(one, 0), PyTuple_GetItem(one, 1), PyTuple_GetItem(one, 2)))
            return 0;
    }
    return 1;
}
