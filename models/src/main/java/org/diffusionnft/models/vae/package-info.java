/** The autoencoder between images and the latents of a diffusion model. */
@NullMarked
package org.diffusionnft.models.vae;

import org.jspecify.annotations.NullMarked;
