/** Diffusion transformers, adapters, schedules and solvers. */
module org.diffusionnft.models {
  requires transitive org.diffusionnft.autograd;
  requires static org.jspecify;

  exports org.diffusionnft.models;
  exports org.diffusionnft.models.clip;
  exports org.diffusionnft.models.text;
  exports org.diffusionnft.models.vae;
}
