/** Records of a run for viewing: pictures, numbers, TensorBoard events. */
@NullMarked
package org.diffusionnft.trainer.journal;

import org.jspecify.annotations.NullMarked;
