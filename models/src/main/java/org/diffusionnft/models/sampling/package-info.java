/** From noise to latents: velocities, guidance, and the loop over a schedule. */
@NullMarked
package org.diffusionnft.models.sampling;

import org.jspecify.annotations.NullMarked;
