/** What a run leaves to look at: pictures, TensorBoard events, a page, the same page live. */
@NullMarked
package org.diffusionnft.reports;

import org.jspecify.annotations.NullMarked;
