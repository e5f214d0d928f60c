/* Everything that is opened is closed: descriptors and mappings after 10,000 times are what they were before. */
#include "check.h"

#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

/* Valgrind counts what is left by itself, and takes its time. */
#define ROUNDS (getenv("LEYLINE_ROUNDS") != NULL ? strtol(getenv("LEYLINE_ROUNDS"), NULL, 10) : 10000L)

static long descriptors(void) {
    long n = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while (readdir(folder) != NULL) n++;
    closedir(folder);
    return n;
}

/* Mapped ranges of segments and of the kernel's making; the heap is valgrind's to watch. */
static long mappings(void) {
    char line[512];
    long n = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) n += strstr(line, "leyline") != NULL;
    fclose(maps);
    return n;
}

static leyline_spec_t *spec_of(const leyline_schema_t *schema) {
    leyline_ring_options_t ring = {0};
    leyline_spec_t *spec = NULL;
    ring.name = "x";
    ring.capacity = 4;
    ring.consumers = 1;
    OK(leyline_spec_new(&spec));
    OK(leyline_spec_add_ring(spec, &ring, schema));
    return spec;
}

static void use_all(const leyline_segment_t *segment, const leyline_schema_t *schema) {
    leyline_writer_t *writer = NULL, *second = NULL;
    leyline_observer_t *observer = NULL;
    leyline_consumer_t *consumer = NULL;
    leyline_decision_t d;
    OK(leyline_writer_open(segment, "x", schema, &writer));
    OK(leyline_observer_open(segment, "x", schema, LEYLINE_START_NOW, 0, &observer));
    OK(leyline_consumer_open(segment, "x", schema, 0, LEYLINE_COMMIT_MANUAL, &consumer));
    GIVES(LEYLINE_ERR_ROLE_HELD, leyline_writer_open(segment, "x", schema, &second));
    GIVES(LEYLINE_ERR_NO_SUCH_RING, leyline_writer_open(segment, "y", schema, &second));
    OK(LEYLINE_INIT(LEYLINE_RECORD_DECISION, d));
    OK(leyline_writer_publish(writer, &d, sizeof d, NULL, NULL, NULL));
    OK(leyline_observer_next(observer, NULL, &d, sizeof d, NULL, NULL));
    OK(leyline_consumer_next(consumer, NULL, &d, sizeof d, NULL, NULL));
    OK(leyline_consumer_commit(consumer, 0));
    OK(leyline_writer_close(writer));
    OK(leyline_observer_close(observer));
    OK(leyline_consumer_close(consumer));
}

static void once(long n, const int sockets[2]) {
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL, *other = NULL;
    leyline_observer_t *observer = NULL;
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &schema));
    OK(leyline_segment_attach("leaks", NULL, NULL, &segment));
    OK(leyline_observer_open(segment, "x", schema, LEYLINE_START_OLDEST, 0, &observer));
    OK(leyline_observer_close(observer));
    GIVES(LEYLINE_ERR_NOT_FOUND, leyline_segment_attach("nothing", NULL, NULL, &other));
    if (n % 20 == 0) use_all(segment, schema);
    OK(leyline_segment_close(segment));
    if (n % 20 == 1) {
        leyline_spec_t *spec = spec_of(schema);
        OK(leyline_segment_create_memfd("leaks", spec, NULL, &segment));
        OK(leyline_segment_send(segment, sockets[0], LEYLINE_ACCESS_READ_WRITE, WAIT(1000000000)));
        OK(leyline_segment_close(segment));
        OK(leyline_segment_receive(sockets[1], NULL, WAIT(1000000000), &segment));
        use_all(segment, schema);
        OK(leyline_segment_close(segment));
        OK(leyline_segment_recreate("leaks", spec, NULL, &segment, NULL));
        OK(leyline_segment_close(segment));
        OK(leyline_spec_close(spec));
    }
    if (n % 100 == 2) {
        leyline_action_space_t *space = NULL;
        leyline_trainer_t *trainer = NULL;
        leyline_controller_t *controller = NULL;
        leyline_link_options_t shape = {0};
        shape.observations = 4;
        OK(leyline_action_space_standard("cnn", &space));
        OK(leyline_trainer_recreate("link", space, &shape, NULL, &trainer, NULL));
        OK(leyline_controller_attach("link", NULL, NULL, NULL, &controller));
        OK(leyline_controller_close(controller));
        OK(leyline_trainer_close(trainer));
        OK(leyline_action_space_close(space));
        OK(leyline_segment_unlink("link", NULL));
    }
    OK(leyline_schema_close(schema));
}

int main(void) {
    leyline_schema_t *schema = NULL;
    leyline_segment_t *segment = NULL;
    int sockets[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    OK(leyline_schema_of_record(LEYLINE_RECORD_DECISION, &schema));
    leyline_spec_t *spec = spec_of(schema);
    OK(leyline_segment_create("leaks", spec, NULL, &segment));
    OK(leyline_segment_close(segment));
    OK(leyline_spec_close(spec));
    OK(leyline_schema_close(schema));
    /* The first turns make everything that is made once and stays. */
    for (long n = 0; n < 20; n++) once(n, sockets);
    long files = descriptors(), maps = mappings();
    CHECK(maps == 0);
    for (long n = 0; n < ROUNDS; n++) once(n, sockets);
    CHECK(descriptors() == files);
    CHECK(mappings() == maps);
    OK(leyline_segment_unlink("leaks", NULL));
    close(sockets[0]);
    close(sockets[1]);
    return 0;
}
