/** Records of a run for viewing: pictures, TensorBoard events, a page, the same page live. */
@NullMarked
package org.diffusionnft.reports;

import org.jspecify.annotations.NullMarked;
