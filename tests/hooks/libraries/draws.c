/* Stands for a toolkit: swaps buffers in each of the ways that toolkits do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

extern int eglSwapBuffers(void *, void *);
extern int eglSwapBuffersWithDamageKHR(void *, void *, const int *, int);
extern void *eglGetProcAddress(const char *);

typedef int (*Swap)(void *, void *);
static Swap in_data = eglSwapBuffers;
static Swap kept;

int swap_directly(long display, long surface) { return eglSwapBuffers((void *)display, (void *)surface); }
int swap_by_data(long display, long surface) { return in_data((void *)display, (void *)surface); }
int swap_damage(long display, long surface, const int *rectangles, int count) {
    return eglSwapBuffersWithDamageKHR((void *)display, (void *)surface, rectangles, count);
}
int swap_by_default(long display, long surface) {
    return ((Swap)dlsym(RTLD_DEFAULT, "eglSwapBuffers"))((void *)display, (void *)surface);
}
int swap_by_handle(const char *path, long display, long surface) {
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    return ((Swap)dlsym(handle, "eglSwapBuffers"))((void *)display, (void *)surface);
}
int swap_by_address(long display, long surface) {
    return ((Swap)eglGetProcAddress("eglSwapBuffers"))((void *)display, (void *)surface);
}
int swap_apart(const char *path, long display, long surface) {
    void *handle = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
    return handle ? ((int (*)(long, long))dlsym(handle, "swap_directly"))(display, surface) : -1;
}
/* By a bare name, which only this library's own search path finds. */
int swap_in_plugin(const char *name, long display, long surface) {
    void *handle = dlopen(name, RTLD_NOW);
    return handle ? ((int (*)(long, long))dlsym(handle, "swap_directly"))(display, surface) : -1;
}
int missing(void) { return !dlsym(RTLD_DEFAULT, "no_such_function") && dlerror() && !dlopen("libnosuch.so", RTLD_NOW) && dlerror(); }
uintptr_t next_write(void) { return (uintptr_t)dlsym(RTLD_NEXT, "write"); }

static void *many(void *count) {
    for (long number = 0; number < (long)count; number++) eglSwapBuffers((void *)1, (void *)number);
    return 0;
}
void swap_in_thread(long count) {
    pthread_t thread;
    pthread_create(&thread, 0, many, (void *)count);
    pthread_join(thread, 0);
}
void swap_many(long count) { many((void *)count); }
int interrupt_and_swap(void) { kill(getpid(), SIGINT); return eglSwapBuffers((void *)1, (void *)2); }

void keep(void) { kept = (Swap)dlsym(RTLD_DEFAULT, "eglSwapBuffers"); }
__attribute__((destructor)) static void at_the_end(void) {
    if (kept) { eglSwapBuffers((void *)1, (void *)2); kept((void *)1, (void *)2); (void)!write(1, "ended\n", 6); }
}
