/** Newer objectives on the forward process: AWM and CRD, and code shared by clipped objectives. */
@NullMarked
package org.diffusionnft.trainer.objective;

import org.jspecify.annotations.NullMarked;
