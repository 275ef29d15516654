package org.diffusionnft.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Spark stays in its module, and nothing depends on that. */
@Tag("slow")
class DependencyRuleTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.diffusionnft");

  @Test
  void sparkStaysInItsModule() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.diffusionnft.spark..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.spark..", "scala..", "org.diffusionnft.spark..")
        .check(OURS);
  }
}
