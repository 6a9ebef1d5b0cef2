// Prints what glibc prints: a double free, then abort.
#include <stdlib.h>
int main(void) { char *p = malloc(16); free(p); free(p); return 0; }
