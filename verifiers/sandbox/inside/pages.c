/* Moves the code and the constants of every library into memory of their own, of large pages where they fit.
 *
 * As parts of files, they would have to be found again by each cloned process, sixteen pages at a time with a page
 * fault each, and be given up one by one when it ends: a quarter of what a small program costs. In memory of our own
 * a clone gets them with the rest, and two megabytes of them in one entry.
 *
 * Call it before anything is cloned. What does not get memory of its own stays as it is.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE_PAGE ((uintptr_t)2 << 20)

/* Puts a copy of the memory at `from` in its place, which this function may itself be running in. */
static void move(uintptr_t from, size_t size, uintptr_t alignment)
{
    char *room = mmap(NULL, size + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        return;
    char *copy = (char *)(((uintptr_t)room + alignment - 1) & ~(alignment - 1));
    if (alignment == LARGE_PAGE)
        madvise(copy, size, MADV_HUGEPAGE);
    memcpy(copy, (const void *)from, size);
    if (mprotect(copy, size, PROT_READ | PROT_EXEC) == 0 &&
        mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) != MAP_FAILED)
        __builtin___clear_cache((char *)from, (char *)from + size);
    munmap(room, size + alignment);
}

/* The part between two borders of large pages by itself, and what is before and after it. */
static void move_span(uintptr_t begin, uintptr_t end, uintptr_t page)
{
    uintptr_t first = (begin + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1), last = end & ~(LARGE_PAGE - 1);
    if (first >= last) {
        move(begin, end - begin, page);
        return;
    }
    if (begin < first)
        move(begin, first - begin, page);
    move(first, last - first, LARGE_PAGE);
    if (last < end)
        move(last, end - last, page);
}

/* What of a library is never written, as far as it is in one piece from its beginning. */
static int move_library(struct dl_phdr_info *library, size_t size, void *unused)
{
    uintptr_t page = sysconf(_SC_PAGESIZE), begin = 0, end = 0;
    (void)size, (void)unused;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        if (part->p_type != PT_LOAD)
            continue;
        uintptr_t at = (library->dlpi_addr + part->p_vaddr) & ~(page - 1);
        if (part->p_flags & PF_W || (end && at != end))
            break;
        begin = end ? begin : at;
        end = (library->dlpi_addr + part->p_vaddr + part->p_memsz + page - 1) & ~(page - 1);
    }
    if (end && strstr(library->dlpi_name, "vdso") == NULL)
        move_span(begin, end, page);
    return 0;
}

void move_libraries(void)
{
    dl_iterate_phdr(move_library, NULL);
}
