/** Newer objectives on the forward process: AWM and CRD, and what clipped objectives share. */
@NullMarked
package org.diffusionnft.trainer.objective;

import org.jspecify.annotations.NullMarked;
