/* A link from C: both sides in one process, one observation out and one decision back. */
#include <leyline.h>

#include <stdio.h>
#include <string.h>

static const leyline_wait_t wait = {.timeout_ns = 60000000000u};

static int failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, leyline_last_error());
    return 1;
}

int main(void) {
    leyline_action_space_t *actions = NULL;
    leyline_trainer_t *trainer = NULL;
    leyline_controller_t *controller = NULL;
    leyline_options_t options = {0};
    leyline_observation_t sent, seen;
    leyline_decision_t decision;
    leyline_meta_t meta;
    uint64_t sequence = 0;
    if (LEYLINE_CHECK_VERSION() != LEYLINE_OK) return failed("version");
    options.on_close = LEYLINE_ON_CLOSE_UNLINK;
    if (leyline_action_space_standard("cnn", &actions) != LEYLINE_OK) return failed("actions");
    if (leyline_trainer_create("installed", actions, NULL, &options, &trainer) != LEYLINE_OK) return failed("create");
    if (leyline_controller_attach("installed", NULL, NULL, NULL, &controller) != LEYLINE_OK) return failed("attach");

    memset(&sent, 0, sizeof sent);
    sent.values[LEYLINE_FEATURE_VAL_ACCURACY] = 62.5F;
    if (leyline_trainer_publish(trainer, sent.values, LEYLINE_FEATURES, NULL, NULL, &sequence, NULL) != LEYLINE_OK) return failed("publish");
    if (leyline_controller_next(controller, &wait, seen.values, LEYLINE_FEATURES, &meta, NULL) != LEYLINE_OK) return failed("next");
    if (leyline_controller_decide(controller, &meta, 0, NULL, NULL) != LEYLINE_OK) return failed("decide");
    if (leyline_trainer_wait_decision(trainer, 0, sequence, &wait, &decision, NULL) != LEYLINE_OK) return failed("wait");
    if (decision.observation_sequence != sequence || seen.values[LEYLINE_FEATURE_VAL_ACCURACY] != 62.5F) return 1;

    leyline_controller_close(controller);
    leyline_trainer_close(trainer);
    leyline_action_space_close(actions);
    printf("leyline %s from C: decided on %llu\n", leyline_version(NULL), (unsigned long long)sequence);
    return 0;
}
