package org.diffusionnft.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code dnft --version} prints: our version, which the jar's manifest names, and Java's. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {
      "dnft " + number(), "Java " + Runtime.version() + ", " + System.getProperty("java.vendor")
    };
  }

  /** Our version, or that there is none outside a jar. */
  static String number() {
    String version = Dnft.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
