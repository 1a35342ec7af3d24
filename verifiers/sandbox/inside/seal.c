/* Marks what our code in a program's process has said, with a key that is in no object of Python's.
 *
 * The program's code shares this process, and reads of our Python what it likes: a format text gives the attributes of
 * our objects, a traceback the locals of our frames. So the key comes from the job's file into the static memory here,
 * and only its states are kept. A mark is a keyed BLAKE2b (RFC 7693) of all that was said, of what was heard until
 * then, so that no other request was answered than the one that was made, and of whether there is a doubt. A sum in
 * its place, as of Poly1305, would give the key away: a program that copies itself, or reads what it passes on, sees
 * marks of two messages.
 *
 * A copy that the program made of its process says nothing: it ends here. Else copies could try what holds. What it
 * looks at it could tell through a pipe, so a doubt is noted where all copies note it.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEY_BYTES 32
#define MARK_BYTES 32
#define BLOCK 128
#define ALWAYS 32
#define SELDOM 16

struct hash {
    uint64_t state[8], size; /* bytes so far */
    uint8_t block[BLOCK];
    unsigned filled;
};

extern void audit_callers(void);
extern int footing_holds(void);

static struct hash said, heard;
static uint64_t times_heard, chance;
static uint8_t is_alone;
static volatile uint8_t *is_doubted; /* in a page that copies of the process share */
static pid_t owner;

static const uint64_t BEGIN[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const uint8_t ORDER[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint64_t turned(uint64_t word, int by)
{
    return word >> by | word << (64 - by);
}

static void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t one, uint64_t other)
{
    *a += *b + one, *d = turned(*d ^ *a, 32), *c += *d, *b = turned(*b ^ *c, 24);
    *a += *b + other, *d = turned(*d ^ *a, 16), *c += *d, *b = turned(*b ^ *c, 63);
}

static void compress(struct hash *self, int is_last)
{
    uint64_t v[16], words[16];
    memcpy(words, self->block, BLOCK); /* of a little-endian machine */
    memcpy(v, self->state, sizeof self->state);
    memcpy(v + 8, BEGIN, sizeof BEGIN);
    v[12] ^= self->size;
    v[14] ^= is_last ? ~(uint64_t)0 : 0;
    for (int round = 0; round < 12; round++) {
        const uint8_t *at = ORDER[round % 10];
        for (int i = 0; i < 4; i++)
            mix(v + i, v + 4 + i, v + 8 + i, v + 12 + i, words[at[2 * i]], words[at[2 * i + 1]]);
        for (int i = 0; i < 4; i++)
            mix(v + i, v + 4 + (i + 1) % 4, v + 8 + (i + 2) % 4, v + 12 + (i + 3) % 4, words[at[8 + 2 * i]],
                words[at[9 + 2 * i]]);
    }
    for (int i = 0; i < 8; i++)
        self->state[i] ^= v[i] ^ v[i + 8];
}

static void update(struct hash *self, const void *data, size_t size)
{
    for (const uint8_t *from = data; size;) {
        if (self->filled == BLOCK) /* only then is it sure that it is not the last */
            compress(self, 0), self->filled = 0;
        size_t part = BLOCK - self->filled < size ? BLOCK - self->filled : size;
        memcpy(self->block + self->filled, from, part);
        self->filled += part, self->size += part, from += part, size -= part;
    }
}

static void begin(struct hash *self, const uint8_t *key, uint8_t name)
{
    memset(self, 0, sizeof *self);
    memcpy(self->state, BEGIN, sizeof BEGIN);
    self->state[0] ^= 0x01010000 ^ KEY_BYTES << 8 ^ MARK_BYTES;
    memcpy(self->block, key, KEY_BYTES);
    self->filled = self->size = BLOCK;
    update(self, &name, 1);
}

static void digest(const struct hash *from, uint8_t *out)
{
    struct hash last = *from;
    memset(last.block + last.filled, 0, BLOCK - last.filled);
    compress(&last, 1);
    memcpy(out, last.state, MARK_BYTES);
}

static void add(struct hash *to, const void *data, uint64_t size)
{
    if (getpid() != owner)
        _exit(0);
    update(to, &size, sizeof size);
    update(to, data, size);
}

/* Take the key from the beginning of a file; returns whether it was there. `alone`: whether nothing is said while code
 * of the program's runs, which could say it. */
int seal_begin(int file, int alone)
{
    uint8_t key[KEY_BYTES];
    if (owner || pread(file, key, KEY_BYTES, 0) != KEY_BYTES)
        return 0;
    void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 0;
    is_doubted = page;
    owner = getpid();
    is_alone = alone;
    begin(&said, key, 'S');
    begin(&heard, key, 'H');
    memcpy(&chance, key, sizeof chance);
    chance |= 1;
    explicit_bzero(key, KEY_BYTES);
    return 1;
}

/* At what our code runs on, each of the first times, and later by a chance that nobody foresees: it takes as long as
 * some hundred comparisons. */
static void look(void)
{
    static unsigned times;
    chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17; /* Marsaglia 2003 */
    if (++times <= ALWAYS || chance % SELDOM == 0)
        *is_doubted |= !footing_holds();
}

/* What this end of a link sends, or the other end has sent. */
void seal_said(const void *data, uint64_t size)
{
    if (is_alone) {
        audit_callers();
        look();
    }
    add(&said, data, size);
}

/* What that was in answer to; returns how much of it there is. */
uint64_t seal_heard(const void *data, uint64_t size)
{
    add(&heard, data, size);
    return ++times_heard;
}

/* Of all that was heard so far. */
void seal_digest(uint8_t *out)
{
    digest(&heard, out);
}

void seal_doubt(void)
{
    if (is_doubted != NULL) /* where anything is marked */
        *is_doubted = 1;
}

static void mark(uint8_t doubt, uint64_t count, const uint8_t *until, uint8_t *out)
{
    struct hash whole = said;
    update(&whole, &doubt, 1);
    update(&whole, &count, sizeof count);
    update(&whole, until, MARK_BYTES);
    digest(&whole, out);
}

/* Of all that was said and heard so far. */
void seal_mark(uint8_t *out)
{
    uint8_t until[MARK_BYTES];
    if (getpid() != owner)
        _exit(0);
    look();
    digest(&heard, until);
    mark(*is_doubted, times_heard, until, out);
}

/* Whether a mark is that of all that was said, and of so much of what was heard, of which that is the digest: 0 if it
 * is not, 1 if it is, 2 if it tells of a doubt. */
int seal_fits(const uint8_t *found, uint64_t count, const uint8_t *until)
{
    uint8_t expected[MARK_BYTES];
    for (uint8_t doubt = 0; doubt < 2; doubt++) {
        mark(doubt, count, until, expected);
        if (memcmp(expected, found, MARK_BYTES) == 0)
            return 1 + doubt;
    }
    return 0;
}
