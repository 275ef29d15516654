/** The page about runs, as a file and live as a dashboard. */
@NullMarked
package org.diffusionnft.reports;

import org.jspecify.annotations.NullMarked;
