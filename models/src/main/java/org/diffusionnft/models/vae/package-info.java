/** The autoencoder between pictures and the latents that a diffusion model works on. */
@NullMarked
package org.diffusionnft.models.vae;

import org.jspecify.annotations.NullMarked;
