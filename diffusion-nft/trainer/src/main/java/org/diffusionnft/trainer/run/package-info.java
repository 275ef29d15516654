/** A training run in a folder: metrics, saved states, exact resumption. */
@NullMarked
package org.diffusionnft.trainer.run;

import org.jspecify.annotations.NullMarked;
