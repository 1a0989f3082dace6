module corda-compat/schemas

go 1.24
