/** Gives the meta of the record in a gathered row; all zeros while the environment was never seen. */
static inline leyline_meta_t leyline_env_mark_meta(const leyline_env_mark_t *mark) {
    leyline_meta_t meta = {mark->sequence, mark->time_ns, mark->generation, 0, mark->env, mark->flags, {0, 0, 0, 0, 0}};
    return meta;
}
