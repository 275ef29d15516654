/** Diffusion transformers, adapters, schedules and solvers. */
module org.diffusionnft.models {
  requires transitive org.diffusionnft.autograd;
  requires static org.jspecify;

  exports org.diffusionnft.models;
  exports org.diffusionnft.models.adapter;
  exports org.diffusionnft.models.blip;
  exports org.diffusionnft.models.clip;
  exports org.diffusionnft.models.mask2former;
  exports org.diffusionnft.models.sampling;
  exports org.diffusionnft.models.solver;
  exports org.diffusionnft.models.text;
  exports org.diffusionnft.models.tokenizer;
  exports org.diffusionnft.models.transformer;
  exports org.diffusionnft.models.vae;
}
