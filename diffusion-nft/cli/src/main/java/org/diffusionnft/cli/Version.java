package org.diffusionnft.cli;

import picocli.CommandLine.IVersionProvider;

/** The output of {@code dnft --version}: our version, from the jar's manifest, and Java's. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "dnft " + number(), "Java " + Runtime.version() + ", " + System.getProperty("java.vendor")
    };
  }

  /** Our version, or a note that there is none outside a jar. */
  static String number() {
    String version = Dnft.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
