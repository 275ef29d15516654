/** What a run leaves to look at: pictures, TensorBoard events, a page, the same page live. */
@NullMarked
package org.diffusionnft.trainer.report;

import org.jspecify.annotations.NullMarked;
