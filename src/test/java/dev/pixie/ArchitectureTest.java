package dev.pixie;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds the arrows between the packages: docs/design.md. */
@AnalyzeClasses(packages = "dev.pixie", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule only_the_runtime_sees_jep = noClasses()
            .that()
            .resideOutsideOfPackage("dev.pixie.python")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jep..");

    @ArchTest
    static final ArchRule nothing_of_jep_is_in_the_runtimes_public_face = noMethods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .haveRawReturnType(resideInAPackage("jep.."));

    @ArchTest
    static final ArchRule nobody_sees_the_command_line = noClasses()
            .that()
            .resideOutsideOfPackage("dev.pixie.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.pixie.cli..", "picocli..", "me.tongfei..", "org.jline..");

    @ArchTest
    static final ArchRule the_command_line_uses_what_users_use = noClasses()
            .that()
            .resideInAPackage("dev.pixie.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.pixie.indexing..");

    @ArchTest
    static final ArchRule the_runtime_knows_no_collections = classes()
            .that()
            .resideInAPackage("dev.pixie.python")
            .should()
            .onlyDependOnClassesThat(resideOutsideOfPackages("dev.pixie", "dev.pixie.indexing..", "dev.pixie.cli..")
                    .or(assignableTo(PixieException.class))
                    .or(type(Warning.class)));

    @ArchTest
    static final ArchRule nothing_prints_but_the_command_line = noClasses()
            .that()
            .resideOutsideOfPackage("dev.pixie.cli..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err");
}
