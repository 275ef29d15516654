/** What a run leaves to look at: pictures, numbers, TensorBoard events. */
@NullMarked
package org.diffusionnft.trainer.journal;

import org.jspecify.annotations.NullMarked;
