/* Has nothing of a program's run in between while the prompt's code runs on what the tests expect.
 *
 * What the collector ends, or tells that it begins, would run a program's code within the prompt's comparison, at a time
 * that it chooses. So the collector rests while what the tests ask is the prompt's to answer, which takes few objects; it
 * collects what has come together as soon as the program's own code is called again. Whoever wants to be told of the
 * collector's work, or of signals, is a doubt: code that computes has no need of that.
 */
#include <stddef.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
struct head { /* PyObject */
    size_t references;
    object *kind;
};
extern int PyGC_Disable(void), PyGC_Enable(void);
extern object *PyObject_GetAttrString(object *, const char *), *PyImport_ImportModule(const char *);
extern long PyList_Size(object *), PyLong_AsLong(object *);
extern void PyErr_Clear(void);
extern struct head PyLong_Type, PyCFunction_Type;
extern void seal_doubt(void);

#define MOST_SIGNALS 65

static object *callbacks;
static unsigned char is_handled[MOST_SIGNALS];
static int handlers, was_enabled;

/* Have the list of what the collector tells at hand: once, before the program's code is there. */
void quiet_begin(void)
{
    object *gc = PyImport_ImportModule("gc");
    callbacks = gc == NULL ? NULL : PyObject_GetAttrString(gc, "callbacks");
    PyErr_Clear();
}

/* Note what `signal.signal` is given: whether a signal is handled by code is told by the type, a number or a function. */
void quiet_handled(object *const *given, long count)
{
    long number = count == 2 ? PyLong_AsLong(given[0]) : -1;
    PyErr_Clear();
    if (number <= 0 || number >= MOST_SIGNALS)
        return;
    object *kind = ((struct head *)given[1])->kind;
    int is_code = kind != (object *)&PyLong_Type && kind != (object *)&PyCFunction_Type; /* `default_int_handler` */
    handlers += is_code - is_handled[number];
    is_handled[number] = is_code;
}

/* From here on the prompt's code answers. */
void quiet_rest(void)
{
    if (handlers > 0 || (callbacks != NULL && PyList_Size(callbacks) > 0))
        seal_doubt();
    was_enabled |= PyGC_Disable();
}

/* From here on the program's may run. */
void quiet_work(void)
{
    if (was_enabled)
        PyGC_Enable();
    was_enabled = 0;
}
