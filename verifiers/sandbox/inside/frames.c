/* Knows which code runs, also where that is ours and no frame of it is shown.
 *
 * Frames of our code are none that Python gives out (unseen.py). What listens here has to see them all the same, so it
 * reads the stack as Python keeps it, whose layout is that of one version: that it is read right is tried at each start.
 */
#include <stddef.h>

/* Of Python's, whose headers a machine need not have. */
typedef struct object object;
extern char *PyThreadState_Get(void);
extern const unsigned long Py_Version;
extern object *PyObject_CallNoArgs(object *);

#define STACK 56 /* in a thread's state: what has the frame that runs */
#define OWNER 70 /* in a frame: who has it */
#define OWNED_BY_C 3 /* one of Python 3.12 that is none, at the bottom of each run in C */

static int is_later(void)
{
    return Py_Version >> 16 >= 0x30c;
}

static void **place(void)
{
    char *stack = *(char **)(PyThreadState_Get() + STACK);
    return (void **)(stack + (is_later() ? 0 : 8));
}

static void *shown(char *frame)
{
    while (frame != NULL && is_later() && frame[OWNER] == OWNED_BY_C)
        frame = *(char **)(frame + 8);
    return frame;
}

/* The frame that runs, which is no object of Python's; NULL where none does. */
void *frames_top(void)
{
    return shown(*place());
}

/* The frame that has it run. */
void *frames_back(void *frame)
{
    return shown(*(char **)((char *)frame + (is_later() ? 8 : 48)));
}

/* Its code, which lives as long as it does. */
object *frames_code(void *frame)
{
    return *(object **)((char *)frame + (is_later() ? 0 : 32));
}

/* Call a function on a stack of its own: nothing that it runs finds what is beneath. */
object *frames_apart(object *function)
{
    void **here = place(), *before = *here;
    *here = NULL;
    object *found = PyObject_CallNoArgs(function);
    *here = before;
    return found;
}

/* The code of the frame that runs, or of one beneath it, by its address. */
size_t frames_at(int depth)
{
    void *frame = frames_top();
    while (frame != NULL && depth-- > 0)
        frame = frames_back(frame);
    return frame == NULL ? 0 : (size_t)frames_code(frame);
}
