/* Stands for EGL: shows a frame, and tells what it was given. */
#include <string.h>

long shown, last[4];

#ifdef BY_IFUNC
static int show(void *display, void *surface) { shown++; last[0] = (long)display; last[1] = (long)surface; return 1; }
static void *choose(void) { return show; }
int eglSwapBuffers(void *display, void *surface) __attribute__((ifunc("choose")));
#else
int eglSwapBuffers(void *display, void *surface) { shown++; last[0] = (long)display; last[1] = (long)surface; return 1; }
#endif

int eglSwapBuffersWithDamageKHR(void *display, void *surface, const int *rectangles, int count) {
    shown++; last[0] = (long)display; last[1] = (long)surface; last[2] = (long)rectangles; last[3] = count;
    return count;
}

void *eglGetProcAddress(const char *name) {
    if (!strcmp(name, "eglSwapBuffers")) return eglSwapBuffers;
    if (!strcmp(name, "eglSwapBuffersWithDamageKHR")) return eglSwapBuffersWithDamageKHR;
    return 0;
}

int eglTerminate(void *display) { return 1; }
